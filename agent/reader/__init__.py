"""What is known of one reader: records, profile, taste, and the query made from them."""
