"""Bags: record a cell into MCAP that rosbag2 reads, read them back, check them, repair them."""
