"""What has been: bars, ticks, how much was traded at each price."""
