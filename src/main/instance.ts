/** Which daemon this is: its containers carry the name, and it touches no others. */
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The configured name, else one that was drawn for the data directory when it was first used, so that two daemons on
 * one Docker Engine never take each other's containers for their own.
 */
export async function instanceOf(configured: string | null, dataDir: string): Promise<string> {
  if (configured !== null) return configured
  const file = join(dataDir, 'instance')
  try {
    const known = (await readFile(file, 'utf8')).trim()
    if (known !== '') return known
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const drawn = `drydock-${randomUUID().slice(0, 8)}`
  await writeFile(file, `${drawn}\n`, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return (await readFile(file, 'utf8')).trim()
}
