/** Which files somebody still has open for writing, as Linux tells it under /proc. Elsewhere nothing is known. */
import { readFile, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

const accessMode = 0o3

/**
 * Of the paths, those that another process can still write to. Processes of other users or namespaces are not seen.
 * @param paths absolute and real
 */
export async function openForWriting(paths: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const open = new Set<string>()
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const pid of processes) {
    const folder = join('/proc', pid, 'fd')
    const descriptors = await readdir(folder).catch(() => [])
    const targets = await Promise.all(descriptors.map((fd) => readlink(join(folder, fd)).catch(() => '')))
    for (const [index, target] of targets.entries()) {
      if (!paths.has(target) || open.has(target)) continue
      const info = await readFile(join('/proc', pid, 'fdinfo', descriptors[index] ?? ''), 'utf8').catch(() => '')
      const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1]
      if (flags !== undefined && (Number.parseInt(flags, 8) & accessMode) !== 0) open.add(target)
    }
  }
  return open
}
