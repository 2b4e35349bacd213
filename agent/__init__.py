"""A reader -> Recommendations: profile, retrieval, LLM rerank and blend, reasons; one reader or many; chat."""
