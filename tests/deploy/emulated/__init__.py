"""The stack of deploy/aws on emulators: from `cdk deploy` and an upload to the version that is served."""
