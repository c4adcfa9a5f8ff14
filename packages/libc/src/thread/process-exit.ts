const hooks = new Set<() => void>();

/** Has `hook` called when the process exits, until the returned function is called; one listener serves all. */
export function onProcessExit(hook: () => void): () => void {
  if (hooks.size === 0) process.on('exit', runHooks);
  hooks.add(hook);
  return () => {
    hooks.delete(hook);
    if (hooks.size === 0) process.off('exit', runHooks);
  };
}

function runHooks(): void {
  for (const hook of hooks) hook();
}
