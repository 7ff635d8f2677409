"""Reports: tables, captions and the ledger in; a page, a summary and a description out."""
