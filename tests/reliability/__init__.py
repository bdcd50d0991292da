"""The promises of reliability: a disk that refuses, a process that dies, many writers at once, and folders made by others."""
