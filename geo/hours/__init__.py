"""When a gate is open: calendars, clocks, opening hours, notices."""
