"""What pages say, in English and Chinese: one file a page, each with ``WORDS``: key to (English, 中文)."""
