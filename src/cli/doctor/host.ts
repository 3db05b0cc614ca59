/** What doctor looks at on this machine. */
import { readFile, statfs, writeFile } from 'node:fs/promises'
import type { Check } from './check.ts'

type Sysctl = { readonly id: string; readonly least: number; readonly why: string }

/** Many containers need more than many distributions give. */
const sysctls: readonly Sysctl[] = [
  { id: 'fs.inotify.max_user_instances', least: 512, why: 'containers and the folder watch share it' },
  { id: 'fs.inotify.max_user_watches', least: 65_536, why: 'each watched folder takes one' },
  { id: 'kernel.pid_max', least: 65_536, why: 'every process of every container takes one' },
  { id: 'kernel.keys.maxkeys', least: 2000, why: 'each container takes one; starts fail with "disk quota exceeded"' },
  { id: 'net.ipv4.neigh.default.gc_thresh3', least: 4096, why: 'each container on the bridge takes an entry' },
]
const diskBytesLeast = 2 * 1024 ** 3
const openFilesLeast = 4096

const fileOf = (id: string): string => `/proc/sys/${id.replaceAll('.', '/')}`

/** What `--fix` can do, by check; answers what it did. */
export const fixable: ReadonlyMap<string, () => Promise<string>> = new Map(
  sysctls.map(({ id, least }) => [
    id,
    async () => {
      await writeFile(fileOf(id), `${least}\n`)
      return `${id} = ${least} (until the next boot; keep it in /etc/sysctl.d/)`
    },
  ]),
)

export async function hostChecks(folder: string): Promise<Check[]> {
  const major = Number(process.versions.node.split('.')[0])
  const node: Check = {
    id: 'node',
    state: major >= 24 ? 'fine' : 'bad',
    what: `Node ${process.version}`,
    advice: 'Node 24 or newer is needed',
  }
  return [
    node,
    await diskCheck(folder),
    await openFilesCheck(),
    ...(await Promise.all(sysctls.map(sysctlCheck))),
  ].filter((check) => check !== null)
}

async function diskCheck(folder: string): Promise<Check | null> {
  const disk = await statfs(folder).catch(() => null)
  if (disk === null) return null
  const free = disk.bavail * disk.bsize
  return {
    id: 'disk',
    state: free < diskBytesLeast ? 'poor' : 'fine',
    what: `${(free / 1024 ** 3).toFixed(1)} GiB free at ${folder}`,
    advice: 'the database, logs and artifacts need room: docker system prune, or another --data',
  }
}

async function openFilesCheck(): Promise<Check | null> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
  if (soft === undefined) return null
  return {
    id: 'open-files',
    state: Number(soft) < openFilesLeast ? 'poor' : 'fine',
    what: `${soft} open files per process`,
    advice: `raise it: ulimit -n ${openFilesLeast}`,
  }
}

async function sysctlCheck({ id, least, why }: Sysctl): Promise<Check | null> {
  const text = await readFile(fileOf(id), 'utf8').catch(() => null)
  if (text === null) return null
  const value = Number(text.trim())
  return {
    id,
    state: value < least ? 'poor' : 'fine',
    what: `${id} = ${value}`,
    advice: `${why}: sysctl -w ${id}=${least}, or doctor --fix`,
  }
}
