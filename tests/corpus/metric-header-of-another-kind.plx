step|timestamp|curve
1|2024-01-02 03:04:05.678900+00:00|0.5
