step|timestamp|dataframe
0|2024-01-02 03:04:05.678900+00:00|{"path": "assets/dataframe/a_0.parquet", "content_type": "parquet"}
1|2024-01-02 03:04:05.678900+00:00|{"path": "../../etc/passwd", "content_type": "parquet"}
2|2024-01-02 03:04:05.678900+00:00|{"path": "/etc/passwd", "content_type": "parquet"}
3|2024-01-02 03:04:05.678900+00:00|{"path": "", "content_type": "parquet"}
4|2024-01-02 03:04:05.678900+00:00|{"path": "s3://bucket/x", "content_type": "parquet"}
5|2024-01-02 03:04:05.678900+00:00|{"path": "assets/../../x", "content_type": "parquet"}
