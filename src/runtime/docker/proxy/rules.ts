/**
 * What the socket proxy lets through: the calls this adapter makes and no others, and of what containers may be, what the
 * policy allows. Pure; tested against every call of client.ts by running workflows through the proxy.
 */
import { list, record, textOr, textsOf } from '../wire.ts'

export type ProxyPolicy = {
  readonly privileged: boolean
  /** `*`: all. */
  readonly capabilities: readonly string[]
  /** Folders of the host that may be mounted, with all below them. */
  readonly hostPaths: readonly string[]
  readonly hostNamespaces: boolean
  readonly devices: boolean
}

export type Verdict =
  | { readonly kind: 'refused'; readonly why: string }
  /** `body`: its JSON is to be judged; `container`, `exec`: it must be one of ours. */
  | { readonly kind: 'allowed'; readonly body?: 'container' | 'exec' | 'volume'; readonly subject?: Subject }
export type Subject = { readonly kind: 'container' | 'exec' | 'volume'; readonly ref: string }

type Rule = {
  readonly methods: string
  readonly path: RegExp
  readonly subject?: Subject['kind']
  readonly body?: 'container' | 'exec' | 'volume'
}

const id = '([A-Za-z0-9][A-Za-z0-9_.-]*)'
const container = { subject: 'container' } as const

const rules: readonly Rule[] = [
  { methods: 'GET HEAD', path: /^\/_ping$/ },
  { methods: 'GET', path: /^\/(?:version|info|events|networks|volumes)$/ },
  { methods: 'GET', path: /^\/containers\/json$/ },
  { methods: 'POST', path: /^\/containers\/create$/, body: 'container' },
  { methods: 'GET', path: new RegExp(`^/containers/${id}/(?:json|logs|changes)$`), ...container },
  { methods: 'POST', path: new RegExp(`^/containers/${id}/(?:start|stop|kill|rename)$`), ...container },
  { methods: 'GET HEAD PUT', path: new RegExp(`^/containers/${id}/archive$`), ...container },
  { methods: 'DELETE', path: new RegExp(`^/containers/${id}$`), ...container },
  { methods: 'POST', path: new RegExp(`^/containers/${id}/exec$`), ...container, body: 'exec' },
  { methods: 'POST', path: new RegExp(`^/exec/${id}/start$`), subject: 'exec' },
  { methods: 'GET', path: new RegExp(`^/exec/${id}/json$`), subject: 'exec' },
  { methods: 'GET', path: /^\/images\/[A-Za-z0-9](?:[A-Za-z0-9_.:@%/-](?!\.\.))*\/json$/ },
  { methods: 'POST', path: /^\/images\/create$/ },
  { methods: 'POST', path: /^\/volumes\/create$/, body: 'volume' },
  { methods: 'GET DELETE', path: new RegExp(`^/volumes/${id}$`), subject: 'volume' },
]

/** @param url as it stands in the request line, with or without the API version */
export function verdictOf(method: string, url: string): Verdict {
  const path = (url.split('?', 1)[0] ?? '').replace(/^\/v\d+\.\d+(?=\/)/, '')
  for (const rule of rules) {
    const match = rule.path.exec(path)
    if (match === null || !rule.methods.split(' ').includes(method)) continue
    const subject = rule.subject === undefined ? undefined : { kind: rule.subject, ref: match[1] ?? '' }
    return {
      kind: 'allowed',
      ...(rule.body && { body: rule.body }),
      ...(subject && { subject }),
    }
  }
  return { kind: 'refused', why: `${method} ${path} is not among the calls that Drydock makes` }
}

/** Containers and volumes that a new container would use: they must be ours too. */
export function usedBy(kind: 'container' | 'exec' | 'volume', value: unknown): readonly Subject[] {
  if (kind !== 'container') return []
  const config = record(record(value).HostConfig)
  const joined = [config.NetworkMode, config.PidMode, config.IpcMode].flatMap((mode): Subject[] => {
    const ref = /^container:(.+)$/.exec(textOr(mode, ''))?.[1]
    return ref === undefined ? [] : [{ kind: 'container', ref }]
  })
  const mounts = list(config.Mounts).map(record)
  const named = mounts.filter(({ Type }) => Type === 'volume').map(({ Source }) => textOr(Source, ''))
  const bound = textsOf(config.Binds).map((bind) => bind.split(':')[0] ?? '')
  const volumes = [...named, ...bound.filter((source) => !source.includes('/'))].filter((ref) => ref !== '')
  return [...joined, ...volumes.map((ref): Subject => ({ kind: 'volume', ref }))]
}

/** Why a body is refused, or `null`. Unknown fields of HostConfig are refused too: a newer engine may give them power. */
export function bodyRefusal(kind: 'container' | 'exec' | 'volume', value: unknown, policy: ProxyPolicy): string | null {
  const body = record(value)
  if (kind === 'exec') return body.Privileged === true && !policy.privileged ? 'a privileged exec' : null
  if (kind === 'volume') return driverRefusal(body.Driver, body.DriverOpts)
  return hostConfigRefusal(record(body.HostConfig), policy)
}

const harmless = new Set(
  `AutoRemove BlkioWeight CapDrop CgroupParent ConsoleSize CpuCount CpuPercent CpuPeriod CpuQuota CpuShares CpusetCpus CpusetMems
   Dns DnsOptions DnsSearch DeviceRequests ExtraHosts Init KernelMemory LogConfig MaskedPaths Memory MemoryReservation MemorySwap
   MemorySwappiness NanoCpus NanoCPUs OomKillDisable OomScoreAdj PidsLimit PortBindings PublishAllPorts ReadonlyPaths ReadonlyRootfs
   RestartPolicy ShmSize StorageOpt Tmpfs Ulimits Annotations GroupAdd`.split(/\s+/),
)

function hostConfigRefusal(config: Readonly<Record<string, unknown>>, policy: ProxyPolicy): string | null {
  for (const [field, value] of Object.entries(config)) {
    if (harmless.has(field) || isNothing(value)) continue
    const why = fieldRefusal(field, value, policy)
    if (why !== null) return why
  }
  return null
}

const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  value === '' ||
  value === 0 ||
  (typeof value === 'object' && Object.keys(value).length === 0)

function fieldRefusal(field: string, value: unknown, policy: ProxyPolicy): string | null {
  switch (field) {
    case 'Privileged':
      return policy.privileged ? null : 'a privileged container'
    case 'Devices':
    case 'DeviceCgroupRules':
      return policy.devices || policy.privileged ? null : 'devices of the host'
    case 'CapAdd': {
      const extra = textsOf(value).filter((one) => !isCapable(one, policy))
      return extra.length === 0 ? null : `the capability ${extra.join(', ')}`
    }
    case 'SecurityOpt': {
      const odd = textsOf(value).find((one) => !/^(no-new-privileges(:true)?|label[:=].*|seccomp=\{.*)$/s.test(one))
      return odd === undefined || policy.privileged ? null : `the security option ${odd}`
    }
    case 'NetworkMode':
      return value === 'host' && !policy.hostNamespaces ? 'the network of the host' : null
    case 'PidMode':
    case 'IpcMode':
    case 'UTSMode':
    case 'UsernsMode':
    case 'CgroupnsMode':
      return /^(host)$/.test(textOr(value, '')) && !policy.hostNamespaces ? `${field} of the host` : null
    case 'Sysctls':
      return null
    case 'Binds': {
      const bad = textsOf(value).find((bind) => !isMountable(bind.split(':')[0] ?? '', policy))
      return bad === undefined ? null : `the mount ${bad}`
    }
    case 'Mounts':
      return (
        list(value)
          .map((one) => mountRefusal(record(one), policy))
          .find((why) => why !== null) ?? null
      )
    default:
      return `HostConfig.${field}`
  }
}

const isCapable = (capability: string, { capabilities, privileged }: ProxyPolicy): boolean =>
  privileged || capabilities.includes('*') || capabilities.includes(capability.replace(/^CAP_/, ''))

function mountRefusal(mount: Readonly<Record<string, unknown>>, policy: ProxyPolicy): string | null {
  const source = textOr(mount.Source, '')
  if (mount.Type === 'tmpfs') return null
  if (mount.Type === 'bind') return isMountable(source, policy) ? null : `the mount ${source}`
  if (mount.Type !== 'volume') return `a mount of type ${textOr(mount.Type, '')}`
  const driver = record(record(mount.VolumeOptions).DriverConfig)
  return driverRefusal(driver.Name, driver.Options)
}

/** The local driver can mount any folder or device of the host: only memory is let through. */
function driverRefusal(name: unknown, options: unknown): string | null {
  if (!isNothing(name) && name !== 'local') return `the volume driver ${textOr(name, '')}`
  return isNothing(options) || record(options).type === 'tmpfs'
    ? null
    : 'a volume that mounts what is outside of Docker'
}

/** A name without a slash is a volume. */
function isMountable(source: string, { hostPaths }: ProxyPolicy): boolean {
  if (!source.includes('/')) return true
  if (source.split('/').includes('..')) return false
  return hostPaths.some((path) => source === path || source.startsWith(`${path.replace(/\/+$/, '')}/`))
}
