"""Personal data: what an operator erases and exports by command, and the hourly erasure of what is past its time."""
