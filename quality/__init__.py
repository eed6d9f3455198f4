"""Whether to trust a slice: structure first, then one Great Expectations suite per data set."""
