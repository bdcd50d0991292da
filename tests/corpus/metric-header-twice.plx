step|timestamp|metric
1|2024-01-02 03:04:05.678900+00:00|0.5
step|timestamp|metric
2|2024-01-02 03:04:05.678900+00:00|0.25
