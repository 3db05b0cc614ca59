/**
 * A Docker Swarm of a test's own: engines (engines.ts) in network namespaces of their own, joined by a bridge in one more,
 * so that neither the machine's engine nor its firewall has any part in it. The kernel need not know VXLAN, as no overlay
 * network is made.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type OwnEngine, checkoutMark, ownEngine } from './engines.ts'

const run = promisify(execFile)

export type SwarmMember = OwnEngine & { readonly hostname: string }

export type OwnSwarm = {
  /** The first is the manager. */
  readonly members: readonly SwarmMember[]
  /** `docker` at the manager; gives what it prints. */
  docker(...words: string[]): Promise<string>
  /** Cuts a member, by its number from 1, off from the others, or joins it again. Its engine's socket goes on answering. */
  partition(number: number, isCut: boolean): Promise<void>
  remove(): Promise<void>
}

export type OwnSwarmOptions = {
  /** Short; names the engines, the namespaces and the hosts. */
  readonly name: string
  readonly size: number
  readonly images?: readonly string[]
  /** Words for one dockerd, by its number from 1. */
  readonly optionsOf?: (number: number) => readonly string[]
}

/** Whoever asks removes it. Needs root, `ip`, `nsenter` and `unshare`. */
export async function ownSwarm({ name, size, images, optionsOf = () => [] }: OwnSwarmOptions): Promise<OwnSwarm> {
  const lan = `dd-${checkoutMark}-${name}-lan`
  const numbers = Array.from({ length: size }, (_, index) => index + 1)
  const namespaceOf = (number: number): string => `dd-${checkoutMark}-${name}-${number}`
  await removeNamespaces([lan, ...numbers.map(namespaceOf)])
  await ip('netns', 'add', lan)
  await ip('-n', lan, 'link', 'add', 'lan', 'type', 'bridge')
  await ip('-n', lan, 'link', 'set', 'lan', 'up')
  const members: SwarmMember[] = []
  for (const number of numbers) {
    const hostname = `${name}-${number}`
    await join(lan, namespaceOf(number), number)
    const within = [
      'nsenter',
      `--net=/var/run/netns/${namespaceOf(number)}`,
      'unshare',
      '--uts',
      'sh',
      '-c',
      `hostname ${hostname} && exec "$@"`,
      'sh',
    ]
    const options = [`--bip=172.30.${number}.1/24`, ...optionsOf(number)]
    const engine = await ownEngine({ name: hostname, within, options, ...(images && { images }) })
    members.push(Object.assign(engine, { hostname }))
  }
  const swarm = new Swarm(members, lan, numbers.map(namespaceOf))
  await swarm.docker(
    'swarm',
    'init',
    '--advertise-addr',
    addressOf(1),
    '--default-addr-pool',
    '10.92.0.0/16',
    '--dispatcher-heartbeat',
    '1s',
  )
  const token = (await swarm.docker('swarm', 'join-token', '-q', 'worker')).trim()
  for (const [index, member] of members.entries()) {
    if (index === 0) continue
    const words = ['swarm', 'join', '--token', token, '--advertise-addr', addressOf(index + 1), `${addressOf(1)}:2377`]
    await run('docker', ['-H', member.host, ...words])
  }
  return swarm
}

class Swarm implements OwnSwarm {
  readonly members: readonly SwarmMember[]
  readonly #lan: string
  readonly #namespaces: readonly string[]

  constructor(members: readonly SwarmMember[], lan: string, namespaces: readonly string[]) {
    this.members = members
    this.#lan = lan
    this.#namespaces = namespaces
  }

  async docker(...words: string[]): Promise<string> {
    const { stdout } = await run('docker', ['-H', this.members[0]?.host ?? '', ...words])
    return stdout
  }

  async partition(number: number, isCut: boolean): Promise<void> {
    await ip('-n', this.#lan, 'link', 'set', `p${number}`, isCut ? 'down' : 'up')
  }

  async remove(): Promise<void> {
    await Promise.all(this.members.map((member) => member.remove()))
    await removeNamespaces([this.#lan, ...this.#namespaces])
  }
}

const addressOf = (number: number): string => `10.91.0.${number}`
const ip = (...words: string[]): Promise<unknown> => run('ip', words)

async function join(lan: string, namespace: string, number: number): Promise<void> {
  await ip('netns', 'add', namespace)
  const far = ['peer', 'name', 'eth0', 'netns', namespace]
  await ip('-n', lan, 'link', 'add', `p${number}`, 'type', 'veth', ...far)
  await ip('-n', lan, 'link', 'set', `p${number}`, 'master', 'lan')
  await ip('-n', lan, 'link', 'set', `p${number}`, 'up')
  await ip('-n', namespace, 'address', 'add', `${addressOf(number)}/24`, 'dev', 'eth0')
  await ip('-n', namespace, 'link', 'set', 'eth0', 'up')
  await ip('-n', namespace, 'link', 'set', 'lo', 'up')
  // A manager of a swarm asks for a route, even where it goes nowhere.
  await ip('-n', namespace, 'route', 'add', 'default', 'via', addressOf(254), 'dev', 'eth0')
}

async function removeNamespaces(names: readonly string[]): Promise<void> {
  for (const name of names) await ip('netns', 'delete', name).catch(() => {})
}
