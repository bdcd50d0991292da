{"timestamp": "2024-01-02 03:04:05.678900+00:00", "step": 1, "html": "<script>alert(1)</script>"}
