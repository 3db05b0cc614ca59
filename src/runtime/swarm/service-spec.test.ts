import { describe, expect, it } from 'vitest'
import type { ContainerRequest, PodRequest } from '../../resources/index.ts'
import { podIdOf, workflowUid } from '../../resources/index.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { serviceNameOf } from './names.ts'
import { constraintsOf, kubernetesLabels, reservationOf, serviceSpec } from './service-spec.ts'
import { tokenImage, tokenName, tokenReference } from './token-image.ts'
import type { SwarmNode } from './wire.ts'

const node = (id: string, more: Partial<SwarmNode> = {}): SwarmNode => ({
  id,
  hostname: `host-${id}`,
  address: '10.0.0.1',
  state: 'ready',
  availability: 'active',
  labels: {},
  engineLabels: {},
  os: 'linux',
  arch: 'x86_64',
  cpus: 2,
  memoryBytes: 1e9,
  ...more,
})
const container = (more: Partial<ContainerRequest> = {}) => mainContainer({ imagePullPolicy: 'Always', ...more })
const pod = (more: Partial<PodRequest> = {}): PodRequest => {
  const plain = podRequest(workflowUid('uid'), 'node', [container()], { terminationGraceMs: 2_000, ...more })
  return { ...plain, identity: { ...plain.identity, name: 'My_Work.flow-main-12' } }
}
const placing = (nodeSelector: Record<string, string>, nodes: readonly SwarmNode[], more = {}) =>
  constraintsOf({ pod: pod({ nodeSelector }), constraints: [], nodes, isUsable: () => true, claimedBy: null, ...more })

describe('where a pod may be placed', () => {
  it.each([
    ['kubernetes.io/hostname', 'a', 'node.hostname==a'],
    ['kubernetes.io/os', 'linux', 'node.platform.os==linux'],
    ['kubernetes.io/arch', 'amd64', 'node.platform.arch==x86_64'],
    ['kubernetes.io/arch', 'arm64', 'node.platform.arch==aarch64'],
    ['disk', 'ssd', 'node.labels.disk==ssd'],
  ])('says %s: %s as Swarm does', (name, value, constraint) => {
    expect(placing({ [name]: value }, [node('1')])).toEqual([constraint])
  })

  it('leaves out the nodes that a label is not of, where Swarm cannot name the label', () => {
    const zone = { 'topology.kubernetes.io/zone': 'b' }
    expect(placing(zone, [node('1'), node('2', { labels: zone })])).toEqual(['node.id!=1'])
    expect(placing({ disk: 'fast!' }, [node('1')])).toEqual(['node.id!=1'])
    expect(placing({ gpu: 'a' }, [node('1'), node('2', { engineLabels: { gpu: 'a' } })])).toEqual(['node.id!=1'])
  })

  it('keeps to what the operator says, to the claim’s machine and to machines that can be used', () => {
    const isUsable = ({ id }: SwarmNode): boolean => id !== '3'
    const more = { constraints: ['node.role==worker'], claimedBy: '2', isUsable }
    expect(placing({}, [node('2'), node('3')], more)).toEqual(['node.role==worker', 'node.id==2', 'node.id!=3'])
  })

  it('shows a node with the labels that a Kubernetes node has', () => {
    expect(kubernetesLabels(node('1', { labels: { disk: 'ssd' }, arch: 'aarch64' }))).toEqual({
      disk: 'ssd',
      'kubernetes.io/hostname': 'host-1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'arm64',
    })
  })
})

it('reserves what runs together, or what the largest init container asks for', () => {
  const containers = [
    container({ role: 'init', name: 'big', resources: { cpuRequest: 3, memoryRequestBytes: 10 } }),
    container({ resources: { cpuRequest: 1, memoryLimitBytes: 100, gpus: 1 } }),
    container({ role: 'sidecar', name: 'side', resources: { cpuLimit: 0.5, memoryRequestBytes: 50, gpus: 1 } }),
  ]
  expect(reservationOf(pod({ containers }))).toEqual({ cpus: 3, memoryBytes: 150, gpus: 2 })
})

it('makes a service of one token, with nothing of the pod’s in it but who it is', () => {
  const secret = { name: 'PASSWORD', value: 'hidden', secret: true }
  const spec = serviceSpec({
    instance: 'i',
    pod: pod({ containers: [container({ env: [secret], resources: { gpus: 2 } })] }),
    image: 'sha256:0',
    constraints: [],
    nodes: [],
    isUsable: () => true,
    claimedBy: null,
    gpuKind: 'GPU',
  })
  expect(spec).toMatchObject({
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: {
      RestartPolicy: { Condition: 'none' },
      Resources: { Reservations: { GenericResources: [{ DiscreteResourceSpec: { Kind: 'GPU', Value: 2 } }] } },
    },
  })
  expect(JSON.stringify(spec)).not.toContain('hidden')
})

describe('the name of a service', () => {
  it('is a DNS label that begins as the pod’s name does', () => {
    expect(serviceNameOf('i', pod().identity)).toMatch(/^my-work-flow-main-12-[0-9a-f]{18}$/)
    const long = { ...pod().identity, name: 'x'.repeat(200) }
    expect(serviceNameOf('i', long)).toMatch(/^x{44}-[0-9a-f]{18}$/)
    expect(serviceNameOf('i', { ...long, name: '___' })).toMatch(/^pod-[0-9a-f]{18}$/)
  })

  it('is another for another attempt and for another daemon', () => {
    const { identity } = pod()
    const others = [serviceNameOf('j', identity), serviceNameOf('i', { ...identity, id: podIdOf('uid.node.1') })]
    expect(new Set([...others, serviceNameOf('i', identity)]).size).toBe(3)
  })
})

describe('the image of tokens', () => {
  it('has one id wherever it is loaded, another for another kind of machine', async () => {
    const [amd, again, arm] = await Promise.all(['x86_64', 'amd64', 'aarch64'].map(tokenImage))
    expect(amd?.id).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(again?.id).toBe(amd?.id)
    expect(arm?.id).not.toBe(amd?.id)
  })

  it('is named by its id where one will do', async () => {
    expect(await tokenReference(['x86_64', 'x86_64'])).toBe((await tokenImage('x86_64')).id)
    expect(await tokenReference(['x86_64', 'aarch64'])).toBe(tokenName)
  })
})
