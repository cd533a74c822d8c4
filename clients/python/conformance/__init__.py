"""What every trainer adapter has to do, the same for all of them, against stubs and against the real packages."""
