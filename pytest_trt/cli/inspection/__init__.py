"""What `trt-lint inspect` finds in an artifact (facts), how it is worded (view), and how shown (plain, drawn)."""
