"""Mail that is owed: claimed, sent, rescheduled, until it is delivered or declared dead."""
