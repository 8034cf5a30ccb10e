// For a child that would go on for ever: it ends when the process that has started it is gone.
process.stdin.resume().once('end', () => process.exit(1));
if ('unref' in process.stdin) process.stdin.unref();
