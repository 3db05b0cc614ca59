/** Progress as it is written: `done/total`. */

const notDone: readonly [number, number] = [0, 1]
const allDone: readonly [number, number] = [1, 1]

/** Done and total. */
export function progressParts(progress: string): readonly [number, number] {
  if (progress === '0/1') return notDone
  if (progress === '1/1') return allDone
  const [done = '0', total = '0'] = progress.split('/')
  return [Number(done) || 0, Number(total) || 0]
}

/** All of it done. */
export function wholeOf(progress: string): string {
  if (progress === '0/1') return '1/1'
  const total = progress.split('/')[1] ?? '1'
  return `${total}/${total}`
}
