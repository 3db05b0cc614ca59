/**
 * Milliseconds of processor time that this process takes for the work. A limit on it says the same on a machine that does
 * much else, or stands still for a while, where one on the wall clock would not.
 */
export async function processorMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
