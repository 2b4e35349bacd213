"""One reader: records, profile, taste in words, and the query made from them."""
