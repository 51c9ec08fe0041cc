"""Heavy work: what strangers send is decoded in a process that may be killed, in turns per address (decision 0017)."""
