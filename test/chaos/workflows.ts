/** The load: workflows of every kind, whose steps tell when they begin and end (lines.ts). */
import { linesFolder, tell } from './lines.ts'

export type Wanted = {
  readonly name: string
  readonly kind: string
  readonly manifest: object
  /** Parts of which exactly one attempt succeeds, and no other. */
  readonly parts: readonly string[]
  /** Parts that begin and are ended from outside. */
  readonly begun?: readonly string[]
  readonly phase: 'Succeeded' | 'Failed'
  /** What the run has to do to it over the API, once it has got that far. */
  readonly needs?: 'resume' | 'stop'
  /** Deletes itself: its last status may never be seen. */
  readonly isFleeting?: boolean
  /** Nothing is tried again in it: not for runs that kill containers. */
  readonly isBrittle?: boolean
}

/** Whatever ends an attempt from outside, another follows. */
const again = { limit: 40, retryPolicy: 'Always' }
const lines = { name: 'lines', hostPath: { path: linesFolder, type: 'Directory' } }
const mount = { name: 'lines', mountPath: linesFolder }

type Extra = Readonly<Record<string, unknown>>

const shell = (script: string, { volumeMounts = [], ...more }: { volumeMounts?: readonly object[] } & Extra = {}) => ({
  image: 'busybox',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c'],
  args: [`set -e; ${tell}; ${script}`],
  volumeMounts: [mount, ...volumeMounts],
  ...more,
})

const around = (label: string, work: string, lock = '') => `t B ${label} ${lock}; ${work}; t E ${label} ${lock}`

const workflow = (name: string, hostFolder: string, spec: Extra, labels: Extra = {}): object => {
  const { volumes = [], ...rest } = spec as { readonly volumes?: readonly object[] }
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { name, labels },
    spec: {
      entrypoint: 'main',
      volumes: [{ ...lines, hostPath: { path: hostFolder, type: 'Directory' } }, ...volumes],
      ...rest,
    },
  }
}

/** The template that tells of its parameter. */
const telling = (seconds: number, more: Extra = {}) => ({
  name: 'tell',
  retryStrategy: again,
  inputs: { parameters: [{ name: 'part' }] },
  container: shell(around('{{workflow.name}}/{{inputs.parameters.part}}', `sleep ${seconds.toFixed(2)}`)),
  ...more,
})
const call = (name: string, part = name, more: Extra = {}) => ({
  name,
  template: 'tell',
  arguments: { parameters: [{ name: 'part', value: part }] },
  ...more,
})
/** A template with a script of its own. */
const own = (name: string, work: string, more: Extra = {}) => ({
  name,
  retryStrategy: again,
  container: shell(around(`{{workflow.name}}/${name}`, work)),
  ...more,
})
const count = (length: number): number[] => Array.from({ length }, (_, index) => index)

type Given = { readonly name: string; readonly folder: string; readonly seconds: number }
type Kind = (given: Given) => Omit<Wanted, 'name' | 'kind' | 'phase'> & { readonly phase?: Wanted['phase'] }

const chain: Kind = ({ name, folder, seconds }) => {
  const parts = ['s0', 's1', 's2', 's3']
  const steps = parts.map((part) => [call(part)])
  return { parts, manifest: workflow(name, folder, { templates: [{ name: 'main', steps }, telling(seconds)] }) }
}

const fan: Kind = ({ name, folder, seconds }) => {
  const steps = [[call('each', 'i{{item}}', { withSequence: { count: '6' } })], [call('last')]]
  return {
    parts: [...count(6).map((item) => `i${item}`), 'last'],
    manifest: workflow(name, folder, {
      parallelism: 4,
      templates: [{ name: 'main', steps }, telling(seconds)],
    }),
  }
}

const diamond: Kind = ({ name, folder, seconds }) => {
  const tasks = [
    call('a'),
    call('b', 'b{{item}}', { depends: 'a', withItems: [0, 1] }),
    call('c', 'c', { depends: 'a' }),
    call('d', 'd', { depends: 'b && c' }),
  ]
  const templates = [{ name: 'main', dag: { tasks } }, telling(seconds), own('bye', 'sleep 0.1')]
  return {
    parts: ['a', 'b0', 'b1', 'c', 'd', 'bye'],
    manifest: workflow(name, folder, { onExit: 'bye', templates }),
  }
}

/** Nothing is tried again: whatever a fault does to its steps would show. */
const brittle: Kind = ({ name, folder, seconds }) => {
  const steps = [[call('one')], [call('two'), call('three')], [call('four')]]
  const templates = [{ name: 'main', steps }, telling(seconds, { retryStrategy: undefined })]
  return { parts: ['one', 'two', 'three', 'four'], isBrittle: true, manifest: workflow(name, folder, { templates }) }
}

/** Fails at its first two attempts. */
const retried: Kind = ({ name, folder, seconds }) => {
  const work = `sleep ${seconds.toFixed(2)}; if [ {{retries}} -lt 2 ]; then t E {{workflow.name}}/main; exit 3; fi`
  const backoff = { duration: '1', factor: 2, cap: '2' }
  const main = own('main', work, { retryStrategy: { ...again, backoff } })
  return { parts: ['main'], manifest: workflow(name, folder, { templates: [main] }) }
}

const failing: Kind = ({ name, folder }) => {
  const main = { name: 'main', container: shell(`t B {{workflow.name}}/main; t E {{workflow.name}}/main; exit 3`) }
  return {
    parts: ['bye'],
    phase: 'Failed',
    isBrittle: true,
    manifest: workflow(name, folder, { onExit: 'bye', templates: [main, own('bye', 'sleep 0.1')] }),
  }
}

const sidecar: Kind = ({ name, folder, seconds }) => {
  const side = { name: 'side', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '1000'] }
  const initContainers = [{ name: 'before', ...shell(`t B {{workflow.name}}/before`) }]
  const main = own('main', `sleep ${seconds.toFixed(2)}`, { sidecars: [side], initContainers })
  return { parts: ['main'], begun: ['before'], manifest: workflow(name, folder, { templates: [main] }) }
}

/** A daemoned step serves a page to the next; it may die and come again. */
const daemoned: Kind = ({ name, folder, seconds }) => {
  const server = {
    name: 'server',
    daemon: true,
    retryStrategy: again,
    container: shell('t B {{workflow.name}}/server; echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp', {
      readinessProbe: { httpGet: { path: '/index.html', port: 8080 }, periodSeconds: 1 },
    }),
  }
  const inputs = { parameters: [{ name: 'ip' }] }
  const work = `wget -T 2 -q -O /dev/null http://{{inputs.parameters.ip}}:8080/index.html || true; sleep ${seconds.toFixed(2)}`
  const client = own('client', work, { inputs })
  const ip = { parameters: [{ name: 'ip', value: '{{steps.server.ip}}' }] }
  const steps = [
    [{ name: 'server', template: 'server' }],
    [{ name: 'client', template: 'client', arguments: ip }],
    [call('after')],
  ]
  const templates = [{ name: 'main', steps }, server, client, telling(seconds)]
  return { parts: ['client', 'after'], begun: ['server'], manifest: workflow(name, folder, { templates }) }
}

/** What a script prints, a parameter from a file and an artifact all reach the next step whole, or it fails. */
const passing: Kind = ({ name, folder, seconds }) => {
  const script = {
    name: 'script',
    retryStrategy: again,
    script: {
      image: 'busybox',
      imagePullPolicy: 'IfNotPresent',
      command: ['sh'],
      volumeMounts: [mount],
      source: `set -e\n${tell}\nt B {{workflow.name}}/script\nsleep ${seconds.toFixed(2)}\necho 4711\nt E {{workflow.name}}/script\n`,
    },
  }
  const make = own('make', `echo -n word > /tmp/word; seq 1 2000 > /tmp/numbers; sleep ${seconds.toFixed(2)}`, {
    outputs: {
      parameters: [{ name: 'word', valueFrom: { path: '/tmp/word' } }],
      artifacts: [{ name: 'numbers', path: '/tmp/numbers' }],
    },
  })
  const check = own(
    'check',
    `test '{{inputs.parameters.result}}' = 4711; test '{{inputs.parameters.word}}' = word; test "$(wc -l < /tmp/in)" = 2000`,
    {
      retryStrategy: { ...again, limit: 12 },
      inputs: {
        parameters: [{ name: 'result' }, { name: 'word' }],
        artifacts: [{ name: 'numbers', path: '/tmp/in' }],
      },
    },
  )
  const given = {
    parameters: [
      { name: 'result', value: '{{steps.script.outputs.result}}' },
      { name: 'word', value: '{{steps.make.outputs.parameters.word}}' },
    ],
    artifacts: [{ name: 'numbers', from: '{{steps.make.outputs.artifacts.numbers}}' }],
  }
  const steps = [
    [
      { name: 'script', template: 'script' },
      { name: 'make', template: 'make' },
    ],
    [{ name: 'check', template: 'check', arguments: given }],
  ]
  const templates = [{ name: 'main', steps }, script, make, check]
  return { parts: ['script', 'make', 'check'], manifest: workflow(name, folder, { templates }) }
}

/** Hands a file on through a claim of its own, and through an emptyDir from init to main. */
const claimed: Kind = ({ name, folder, seconds }) => {
  const mounts = { volumeMounts: [{ name: 'own', mountPath: '/own' }] }
  const write = own('write', '', {
    container: shell(
      around('{{workflow.name}}/write', `echo written > /own/note; sleep ${seconds.toFixed(2)}`),
      mounts,
    ),
  })
  const scratch = { volumeMounts: [...mounts.volumeMounts, { name: 'scratch', mountPath: '/scratch' }] }
  const read = own('read', '', {
    volumes: [{ name: 'scratch', emptyDir: {} }],
    initContainers: [{ name: 'copy', ...shell('cp /own/note /scratch/note', scratch) }],
    container: shell(
      around('{{workflow.name}}/read', 'test "$(cat /own/note)" = written; test "$(cat /scratch/note)" = written'),
      scratch,
    ),
  })
  const claim = {
    metadata: { name: 'own' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  }
  const steps = [[{ name: 'write', template: 'write' }], [{ name: 'read', template: 'read' }]]
  const spec = { volumeClaimTemplates: [claim], templates: [{ name: 'main', steps }, write, read] }
  return { parts: ['write', 'read'], manifest: workflow(name, folder, spec) }
}

/** One at a time over all workflows. */
const mutexed: Kind = ({ name, folder, seconds }) => {
  const held = own('held', '', {
    synchronization: { mutexes: [{ name: 'chaos' }] },
    container: shell(around('{{workflow.name}}/held', `sleep ${seconds.toFixed(2)}`, 'mutex')),
  })
  const steps = [[{ name: 'held', template: 'held' }], [call('after')]]
  return {
    parts: ['held', 'after'],
    manifest: workflow(name, folder, { templates: [{ name: 'main', steps }, held, telling(seconds)] }),
  }
}

/** Two at a time over all workflows. */
const semaphored: Kind = ({ name, folder, seconds }) => {
  const held = {
    name: 'held',
    retryStrategy: again,
    synchronization: { semaphores: [{ configMapKeyRef: { name: semaphoreMap, key: 'two' } }] },
    inputs: { parameters: [{ name: 'part' }] },
    container: shell(
      around('{{workflow.name}}/{{inputs.parameters.part}}', `sleep ${seconds.toFixed(2)}`, 'semaphore'),
    ),
  }
  const steps = [[{ ...call('each', 'h{{item}}', { withItems: [0, 1, 2] }), template: 'held' }]]
  return { parts: ['h0', 'h1', 'h2'], manifest: workflow(name, folder, { templates: [{ name: 'main', steps }, held] }) }
}

/** The lock is the workflow's own. */
const exclusive: Kind = ({ name, folder, seconds }) => {
  const part = (label: string) =>
    own(label, '', {
      container: shell(around(`{{workflow.name}}/${label}`, `sleep ${seconds.toFixed(2)}`, 'workflow')),
    })
  const steps = [[{ name: 'x', template: 'x' }], [{ name: 'y', template: 'y' }]]
  return {
    parts: ['x', 'y'],
    manifest: workflow(name, folder, {
      synchronization: { mutexes: [{ name: 'chaos-workflows' }] },
      templates: [{ name: 'main', steps }, part('x'), part('y')],
    }),
  }
}

const suspended: Kind = ({ name, folder, seconds }) => {
  const steps = [[call('before')], [{ name: 'wait', template: 'wait' }], [call('after')]]
  const templates = [{ name: 'main', steps }, telling(seconds), { name: 'wait', suspend: {} }]
  return { parts: ['before', 'after'], needs: 'resume', manifest: workflow(name, folder, { templates }) }
}

const timed: Kind = ({ name, folder, seconds }) => {
  const steps = [[{ name: 'wait', template: 'wait' }], [call('after')]]
  const templates = [{ name: 'main', steps }, telling(seconds), { name: 'wait', suspend: { duration: '2' } }]
  return { parts: ['after'], manifest: workflow(name, folder, { templates }) }
}

/** Stopped over the API while its step runs; its exit handler runs all the same. */
const stopped: Kind = ({ name, folder }) => {
  const main = { name: 'main', retryStrategy: again, container: shell('t B {{workflow.name}}/main; sleep 600') }
  return {
    parts: ['bye'],
    needs: 'stop',
    phase: 'Failed',
    manifest: workflow(name, folder, { onExit: 'bye', templates: [main, own('bye', 'sleep 0.1')] }),
  }
}

const fleeting: Kind = ({ name, folder, seconds }) => {
  const steps = [[call('one')], [call('two')]]
  return {
    parts: ['one', 'two'],
    isFleeting: true,
    manifest: workflow(name, folder, {
      ttlStrategy: { secondsAfterCompletion: 4 },
      podGC: { strategy: 'OnWorkflowCompletion' },
      templates: [{ name: 'main', steps }, telling(seconds)],
    }),
  }
}

const containers: Kind = ({ name, folder, seconds }) => {
  const of = (part: string, more: Extra = {}) => ({
    name: part,
    ...shell(`t B {{workflow.name}}/${part}; sleep ${seconds.toFixed(2)}; t E {{workflow.name}}/${part}`),
    ...more,
  })
  const set = { containers: [of('left'), of('right'), of('main', { dependencies: ['left', 'right'] })] }
  const steps = [[{ name: 'set', template: 'set' }], [call('after')]]
  const templates = [
    { name: 'main', steps },
    { name: 'set', retryStrategy: again, containerSet: set },
    telling(seconds),
  ]
  return { parts: ['left', 'right', 'main', 'after'], manifest: workflow(name, folder, { templates }) }
}

const kinds: Readonly<Record<string, Kind>> = {
  chain,
  fan,
  diamond,
  brittle,
  retried,
  failing,
  sidecar,
  daemoned,
  passing,
  claimed,
  mutexed,
  semaphored,
  exclusive,
  suspended,
  timed,
  stopped,
  fleeting,
  containers,
}

export const kindNames: readonly string[] = Object.keys(kinds)

const semaphoreMap = 'chaos-limits'
export const semaphoreLimit = 2

/** The n-th workflow: each kind comes in its turn. */
export function nthWorkflow(index: number, { folder, seconds }: { folder: string; seconds: number }): Wanted {
  const kind = kindNames[index % kindNames.length] ?? 'chain'
  const name = `${kind}-${index}`
  const made = (kinds[kind] ?? chain)({ name, folder, seconds })
  return { phase: 'Succeeded', ...made, name, kind }
}

export const semaphoreLimits: object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: semaphoreMap },
  data: { two: String(semaphoreLimit) },
}

export const cronName = 'chaos-cron'

export const cronWorkflow = (folder: string): object => {
  const { spec } = workflow('cron', folder, { templates: [own('main', 'sleep 0.2')] }) as { spec: object }
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'CronWorkflow',
    metadata: { name: cronName },
    spec: {
      schedules: ['@every 7s'],
      concurrencyPolicy: 'Allow',
      successfulJobsHistoryLimit: 10_000,
      failedJobsHistoryLimit: 10_000,
      workflowSpec: spec,
    },
  }
}
