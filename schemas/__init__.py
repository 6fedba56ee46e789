"""What every table, label set, status and run record looks like. Imports neither torch nor Beam."""
