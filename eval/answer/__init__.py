"""Who answers the queries of a task: the product as a variant configures it, or an outside peer."""
