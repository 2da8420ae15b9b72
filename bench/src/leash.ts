/** Preloaded into a program that must not outlive the bench, whatever way the bench ends. */
process.once('disconnect', () => process.exit());
process.channel?.unref();
