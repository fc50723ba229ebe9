// Preloaded into the app: at SIGUSR2 nothing else runs in its process for five seconds, as under a regular expression or a loop that does not end.
process.on("SIGUSR2", () => {
  const until = performance.now() + 5_000;
  while (performance.now() < until);
});
