"""An estimate of what a deployment on AWS costs a month."""
