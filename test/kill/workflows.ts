/** The workflows of the kill test: each step appends one line of its own to a volume that all share. */

export type Wanted = { readonly file: string; readonly manifest: object; readonly lines: readonly string[] }

const volumes = (claimName: string) => [{ name: 'lines', persistentVolumeClaim: { claimName } }]

/** A container that says what it is once, and takes a moment. */
const appending = (line: string, more: object = {}, seconds = '0.2') => ({
  image: 'busybox',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c'],
  args: [`echo ${line} >> /lines/all; sleep ${seconds}`],
  volumeMounts: [{ name: 'lines', mountPath: '/lines' }],
  ...more,
})

const workflow = (name: string, claimName: string, spec: object): object => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { name },
  spec: { entrypoint: 'main', volumes: volumes(claimName), ...spec },
})

/** The template that appends its parameter. */
const append = (more: object = {}, containerMore: object = {}) => ({
  name: 'append',
  inputs: { parameters: [{ name: 'line' }] },
  container: appending('{{inputs.parameters.line}}', containerMore),
  ...more,
})
const call = (name: string, line: string, more: object = {}) => ({
  name,
  template: 'append',
  arguments: { parameters: [{ name: 'line', value: line }] },
  ...more,
})
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

function chain(name: string, claim: string): Wanted {
  const lines = numbers(4).map((index) => `${name}.${index}`)
  const steps = lines.map((line, index) => [call(`s${index}`, line)])
  return { file: name, lines, manifest: workflow(name, claim, { templates: [{ name: 'main', steps }, append()] }) }
}

function fan(name: string, claim: string): Wanted {
  const items = numbers(4)
  const steps = [[call('each', `${name}.{{item}}`, { withItems: items })], [call('last', `${name}.last`)]]
  const lines = [...items.map((item) => `${name}.${item}`), `${name}.last`]
  return { file: name, lines, manifest: workflow(name, claim, { templates: [{ name: 'main', steps }, append()] }) }
}

function diamond(name: string, claim: string): Wanted {
  const tasks = [
    call('a', `${name}.a`),
    call('b', `${name}.b`, { depends: 'a' }),
    call('c', `${name}.c`, { depends: 'a' }),
    call('d', `${name}.d`, { depends: 'b && c' }),
  ]
  const lines = ['a', 'b', 'c', 'd', 'bye'].map((part) => `${name}.${part}`)
  const bye = { name: 'bye', container: appending(`${name}.bye`) }
  const templates = [{ name: 'main', dag: { tasks } }, append(), bye]
  return { file: name, lines, manifest: workflow(name, claim, { onExit: 'bye', templates }) }
}

/** Fails at its first two attempts. */
function retried(name: string, claim: string): Wanted {
  const script = `echo ${name}.{{retries}} >> /lines/all; sleep 0.1; [ {{retries}} -ge 2 ]`
  const main = { name: 'main', retryStrategy: { limit: 4 }, container: { ...appending(''), args: [script] } }
  return {
    file: name,
    lines: numbers(3).map((index) => `${name}.${index}`),
    manifest: workflow(name, claim, { templates: [main] }),
  }
}

function withSidecar(name: string, claim: string): Wanted {
  const sidecars = [{ name: 'side', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '1000'] }]
  const initContainers = [{ name: 'before', ...appending(`${name}.before`, {}, '0') }]
  const main = { name: 'main', sidecars, initContainers, container: appending(`${name}.main`) }
  return {
    file: name,
    lines: [`${name}.before`, `${name}.main`],
    manifest: workflow(name, claim, { templates: [main] }),
  }
}

/** Hands a file on through a claim of its own, which goes with the workflow. */
function claimed(name: string, claim: string): Wanted {
  const mounts = [
    { name: 'lines', mountPath: '/lines' },
    { name: 'own', mountPath: '/own' },
  ]
  const write = {
    name: 'write',
    container: { ...appending(''), args: [`echo ${name}.written >> /own/note; sleep 0.2`], volumeMounts: mounts },
  }
  const pass = {
    name: 'pass',
    container: { ...appending(''), args: ['cat /own/note >> /lines/all'], volumeMounts: mounts },
  }
  const steps = [[{ name: 'write', template: 'write' }], [{ name: 'pass', template: 'pass' }]]
  const own = {
    metadata: { name: 'own' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  }
  const spec = { volumeClaimTemplates: [own], templates: [{ name: 'main', steps }, write, pass] }
  return { file: name, lines: [`${name}.written`], manifest: workflow(name, claim, spec) }
}

const kinds = [chain, fan, diamond, retried, withSidecar, claimed]

/**
 * The n-th workflow of the test.
 * @param claimName that of no other test: tests beside one another on one engine must not name their volumes alike
 */
export function nthWorkflow(index: number, claimName: string): Wanted {
  const make = kinds[index % kinds.length] ?? chain
  return make(`${claimName}-${make.name.toLowerCase()}-${index}`, claimName)
}

export const claimManifest = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
})

/** Says what the volume holds, as its result. */
export const readerManifest = (name: string, claimName: string): object =>
  workflow(name, claimName, {
    templates: [{ name: 'main', container: { ...appending(''), args: ['cat /lines/all'] }, outputs: {} }],
  })
