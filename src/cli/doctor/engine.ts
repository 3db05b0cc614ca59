/** What doctor asks the Docker Engine. */
import Docker from 'dockerode'
import { describeAddress, findEngine, findStrays, removeStrays } from '../../runtime/docker/index.ts'
import type { EngineAddress } from '../../runtime/docker/index.ts'
import type { Check } from './check.ts'

const oldestApi = [1, 40] as const
/** Docker's own pools hold 31 networks in all. */
const bridgesWarned = 20

export async function engineChecks(host: string | undefined): Promise<Check[]> {
  const env = host === undefined ? process.env : { ...process.env, DOCKER_HOST: host }
  const search = await findEngine({ env })
  if (!search.found) return [{ id: 'engine', state: 'bad', what: 'no Docker Engine answers', advice: search.message }]
  return addressChecks(search.address)
}

/** @param address where an engine is */
export async function addressChecks(address: EngineAddress): Promise<Check[]> {
  const docker = dockerAt(address)
  if (docker === null) return [{ id: 'engine', state: 'fine', what: `Docker Engine at ${describeAddress(address)}` }]
  try {
    const [version, info, networks] = await Promise.all([
      docker.version(),
      docker.info() as Promise<EngineInfo>,
      docker.listNetworks(),
    ])
    const [major = 0, minor = 0] = version.ApiVersion.split('.').map(Number)
    const isOld = major < oldestApi[0] || (major === oldestApi[0] && minor < oldestApi[1])
    const bridges = networks.filter(({ Driver }) => Driver === 'bridge').length
    return [
      {
        id: 'engine',
        state: isOld ? 'bad' : 'fine',
        what: `Docker Engine ${version.Version} (API ${version.ApiVersion}) at ${describeAddress(address)}`,
        advice: 'Engine 20.10 or newer is needed',
      },
      {
        id: 'pools',
        state: bridges > bridgesWarned ? 'poor' : 'fine',
        what: `${bridges} bridge network${bridges === 1 ? '' : 's'}, address pools: ${poolsText(info)}`,
        advice:
          'Docker’s default pools hold 31 networks: `docker network prune`, or set default-address-pools in /etc/docker/daemon.json',
      },
      {
        id: 'storage',
        state: info.Driver === 'vfs' ? 'poor' : 'fine',
        what: `storage driver ${info.Driver ?? ''}, cgroup ${info.CgroupVersion ?? ''}, ${info.NCPU ?? 0} CPUs, ${Math.round((info.MemTotal ?? 0) / 2 ** 20)} MiB`,
        advice: 'vfs copies every image layer: use overlay2',
      },
      {
        id: 'live-restore',
        state: info.LiveRestoreEnabled === true ? 'fine' : 'poor',
        what: `live-restore is ${info.LiveRestoreEnabled === true ? 'on' : 'off'}`,
        advice: 'with "live-restore": true in /etc/docker/daemon.json containers survive a restart of the engine',
      },
      await strayCheck(address),
      ...(info.Warnings ?? []).map((what): Check => ({ id: 'warning', state: 'poor', what })),
    ]
  } catch (error) {
    return [
      {
        id: 'engine',
        state: 'bad',
        what: `the Docker Engine at ${describeAddress(address)} refuses`,
        advice: String(error),
      },
    ]
  }
}

/** Paused containers that hold networks for pods of daemons that no longer exist. */
async function strayCheck(address: EngineAddress): Promise<Check> {
  const strays = await findStrays(address)
  if (strays.length === 0) return { id: 'sandboxes', state: 'fine', what: 'no sandboxes of daemons that are gone' }
  const instances = new Set(strays.map(({ instance }) => instance))
  return {
    id: 'sandboxes',
    state: 'poor',
    what: `${strays.length} sandboxes of ${instances.size} daemons whose data directory is gone`,
    advice: `they hold addresses and memory: doctor --fix removes them (${[...instances].slice(0, 5).join(', ')})`,
    mend: async () => {
      await removeStrays(address, strays)
      return `${strays.length} sandboxes removed`
    },
  }
}

type EngineInfo = {
  readonly Driver?: string
  readonly CgroupVersion?: string
  readonly NCPU?: number
  readonly MemTotal?: number
  readonly LiveRestoreEnabled?: boolean
  readonly Warnings?: readonly string[] | null
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[]
}

const poolsText = ({ DefaultAddressPools: pools = [] }: EngineInfo): string =>
  pools.length === 0 ? 'Docker’s own' : pools.map(({ Base, Size }) => `${Base} in /${Size}`).join(', ')

function dockerAt(address: EngineAddress): Docker | null {
  if (address.kind === 'socket') return new Docker({ socketPath: address.path })
  if (address.kind !== 'tcp') return null
  const { host, port, tls } = address
  if (tls === null) return new Docker({ protocol: 'http', host, port })
  const { ca, cert, key } = tls
  return new Docker({
    protocol: 'https',
    host,
    port,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  })
}
