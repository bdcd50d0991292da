step|timestamp|metric
