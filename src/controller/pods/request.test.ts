import { describe, expect, it } from 'vitest'
import type { PodPlan } from '../../engine/index.ts'
import type { ConfigMap, PersistentVolumeClaim, Secret } from '../../resources/index.ts'
import { instant, nodeIdOf, podIdOf, workflowUid } from '../../resources/index.ts'
import { NotYet } from './lookups.ts'
import { podRequest } from './request.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const configMaps: Record<string, ConfigMap> = { cm: { metadata: { name: 'cm' }, data: { a: '1', b: '2' } } }
const secrets: Record<string, Secret> = {
  s: { metadata: { name: 's' }, data: { word: base64('hidden') } },
  pull: { metadata: { name: 'pull' }, data: { '.dockerconfigjson': base64('{"auths":{"r":{}}}') } },
}
const mine: PersistentVolumeClaim = {
  metadata: {
    name: 'mine',
    ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', name: 'wf', uid: 'u' }],
  },
  spec: {},
}
const context = {
  lookups: {
    configMap: (_namespace: string, name: string) => configMaps[name] ?? null,
    secret: (_namespace: string, name: string) => secrets[name] ?? null,
    claim: (_namespace: string, name: string) => (name === 'mine' ? mine : null),
  },
  host: { name: 'host', cpus: 4, memoryBytes: 2 ** 30 },
  pullPolicy: 'Argo' as const,
  now: instant(Date.parse('2026-01-01T00:00:00Z')),
}

function plan(spec: Partial<PodPlan['spec']>, more: Partial<PodPlan> = {}): PodPlan {
  return {
    identity: {
      id: podIdOf('u.1'),
      name: 'wf-main-1',
      namespace: 'ns',
      workflowName: 'wf',
      workflowUid: workflowUid('u'),
      nodeId: nodeIdOf('wf-1'),
      nodeName: 'wf.a',
    },
    labels: { app: 'x' },
    annotations: {},
    mains: ['main'],
    sidecars: [],
    files: [],
    inputArtifacts: [],
    outputArtifacts: [],
    outputParameters: [],
    captureResult: false,
    logArtifacts: [],
    activeDeadlineMs: null,
    daemon: false,
    terminationGraceMs: 30_000,
    mirrors: [],
    ...more,
    spec: { containers: [{ name: 'main', image: 'busybox' }], ...spec },
  }
}

const main = (container: PodPlan['spec']['containers'][number], spec: Partial<PodPlan['spec']> = {}) => {
  const request = podRequest(plan({ containers: [{ name: 'main', image: 'busybox', ...container }], ...spec }), context)
  const [only] = request.containers
  if (only === undefined) throw new Error('no container')
  return { request, container: only, env: Object.fromEntries(only.env.map(({ name, value }) => [name, value])) }
}

describe('the environment', () => {
  it("has Argo's own variables, which a manifest may override", () => {
    const { env } = main({ env: [{ name: 'ARGO_NODE_ID', value: 'mine' }] })
    expect(env).toMatchObject({
      ARGO_CONTAINER_NAME: 'main',
      ARGO_NODE_ID: 'mine',
      ARGO_WORKFLOW_NAME: 'wf',
      ARGO_INCLUDE_SCRIPT_OUTPUT: 'false',
      ARGO_DEADLINE: '0001-01-01T00:00:00Z',
      HOSTNAME: 'wf-main-1',
    })
  })

  it('comes from whole maps first, then from single entries that may refer to what stands before', () => {
    const { env, container } = main({
      envFrom: [
        { prefix: 'P_', configMapRef: { name: 'cm' } },
        { secretRef: { name: 's' } },
        { configMapRef: { name: 'none', optional: true } },
      ],
      env: [
        { name: 'P_b', value: 'own' },
        { name: 'SUM', value: '$(P_a)+$(P_b)+$(LATER)+$$(P_a)' },
        { name: 'LATER', value: 'x' },
        { name: 'SECOND', value: 'has $(word)' },
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        { name: 'GONE', valueFrom: { secretKeyRef: { name: 's', key: 'no', optional: true } } },
      ],
    })
    expect(env).toMatchObject({
      P_a: '1',
      P_b: 'own',
      SUM: '1+own+$(LATER)+$(P_a)',
      NODE: 'x',
      CPU: '4000',
      SECOND: 'has hidden',
    })
    expect(env).not.toHaveProperty('GONE')
    expect(container.env.filter(({ secret }) => secret).map(({ name }) => name)).toEqual(['word', 'SECOND'])
  })

  it('is expanded in commands and arguments', () => {
    const { container } = main({ command: ['run', '$(P)'], args: ['$(P)-$(Q)'], env: [{ name: 'P', value: 'p' }] })
    expect([container.command, container.args]).toEqual([['run', 'p'], ['p-$(Q)']])
  })

  it.each([
    [{ secretKeyRef: { name: 'none', key: 'k' } }, 'CreateContainerConfigError: secret "none" not found'],
    [{ secretKeyRef: { name: 's', key: 'k' } }, "CreateContainerConfigError: couldn't find key k in Secret ns/s"],
    [
      { configMapKeyRef: { name: 'cm', key: 'k' } },
      "CreateContainerConfigError: couldn't find key k in ConfigMap ns/cm",
    ],
  ])('waits for %j', (valueFrom, message) => {
    expect(() => main({ env: [{ name: 'X', valueFrom }] })).toThrow(new NotYet(message))
  })
})

describe('volumes', () => {
  const mount = (name: string) => ({ volumeMounts: [{ name, mountPath: `/${name}` }] })

  it('are those that are mounted, with the content of maps and secrets', () => {
    const { request } = main(mount('files'), {
      volumes: [
        {
          name: 'files',
          projected: {
            sources: [
              { configMap: { name: 'cm', items: [{ key: 'a', path: 'dir/a', mode: 0o400 }] } },
              { secret: { name: 's' } },
            ],
          },
        },
        { name: 'unused', emptyDir: {} },
      ],
    })
    expect(request.volumes).toMatchObject([
      {
        kind: 'files',
        name: 'files',
        secret: true,
        files: [
          { path: 'dir/a', mode: 0o400 },
          { path: 'word', mode: 0o644 },
        ],
      },
    ])
  })

  it.each([
    [{ emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }, { kind: 'empty', medium: 'Memory', sizeBytes: 2 ** 20 }],
    [
      { persistentVolumeClaim: { claimName: 'mine', readOnly: true } },
      { kind: 'claim', volumeName: 'ns-mine', readOnly: true },
    ],
    [{ hostPath: { path: '/srv' } }, { kind: 'hostPath', path: '/srv' }],
    [{ secret: { secretName: 'none', optional: true } }, { kind: 'files', files: [] }],
  ])('of %j', (source, expected) => {
    expect(main(mount('v'), { volumes: [{ name: 'v', ...source }] }).request.volumes).toMatchObject([expected])
  })

  it('of a claim are made with labels that tell whose it is, where the engine has them no more', () => {
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'mine' } }]
    expect(main(mount('v'), { volumes }).request.volumes).toMatchObject([
      {
        labels: {
          'drydock.namespace': 'ns',
          'drydock.claim': 'mine',
          'drydock.workflow': 'wf',
          'drydock.workflow-uid': 'u',
        },
      },
    ])
  })

  it.each([
    [{ persistentVolumeClaim: { claimName: 'none' } }, 'Unschedulable: persistentvolumeclaim "none" not found'],
    [{ configMap: { name: 'none' } }, 'ContainerCreating: configmap "none" not found'],
    [{ nfs: { server: 'x', path: '/' } }, "volume 'v': a volume of kind nfs cannot be mounted on Docker"],
  ])('of %j cannot be mounted', (source, message) => {
    expect(() => main(mount('v'), { volumes: [{ name: 'v', ...source }] })).toThrow(message)
  })

  it('are added where a script must be staged into a read-only root', () => {
    const file = { path: '/argo/staging/script', content: 'x', mode: 0o755 }
    const containers = [{ name: 'main', image: 'busybox', securityContext: { readOnlyRootFilesystem: true } }]
    const request = podRequest(plan({ containers }, { files: [file] }), context)
    expect(request.volumes).toEqual([{ kind: 'empty', name: 'argo-staging-main-0' }])
    expect(request.containers[0]?.mounts).toEqual([{ volume: 'argo-staging-main-0', mountPath: '/argo/staging' }])
  })
})

describe('a container', () => {
  it.each([
    ['busybox', 'Always'],
    ['busybox:latest', 'Always'],
    ['localhost:5000/busybox', 'Always'],
    ['busybox:1.36', 'IfNotPresent'],
    ['busybox@sha256:0', 'IfNotPresent'],
  ])('of image %s is pulled %s where nothing is said', (image, policy) => {
    expect(main({ image }).container.imagePullPolicy).toBe(policy)
  })

  it('takes its security from itself, then from its pod', () => {
    const { container } = main(
      { securityContext: { runAsUser: 7, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
      { securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, runAsNonRoot: true } },
    )
    expect(container.security).toEqual({
      user: '7',
      group: '2',
      fsGroup: 3,
      capabilitiesDrop: ['ALL'],
      noNewPrivileges: true,
      runAsNonRoot: true,
    })
  })

  it('asks for its limits where it has no requests', () => {
    const { container } = main({ resources: { limits: { cpu: '500m', memory: '1Gi', 'nvidia.com/gpu': '2' } } })
    expect(container.resources).toEqual({
      cpuRequest: 0.5,
      cpuLimit: 0.5,
      memoryRequestBytes: 2 ** 30,
      memoryLimitBytes: 2 ** 30,
      gpus: 2,
    })
  })

  it('has probes with the defaults of Kubernetes and ports by name', () => {
    const { container } = main({
      ports: [{ name: 'web', containerPort: 80 }],
      readinessProbe: { httpGet: { port: 'web', path: '/ok' } },
    })
    expect(container.readinessProbe).toEqual({
      action: { kind: 'http', path: '/ok', port: 80, scheme: 'HTTP' },
      initialDelayMs: 0,
      periodMs: 10_000,
      timeoutMs: 1_000,
      successThreshold: 1,
      failureThreshold: 3,
    })
  })

  it('knows its role, and a sidecar that mirrors sees the mounts of main', () => {
    const request = podRequest(
      plan(
        {
          volumes: [{ name: 'v', emptyDir: {} }],
          initContainers: [{ name: 'first', image: 'a:1' }],
          containers: [
            { name: 'main', image: 'a:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] },
            { name: 'side', image: 'a:1', mirrorVolumeMounts: true } as never,
          ],
          imagePullSecrets: [{ name: 'pull' }, { name: 'none' }],
          hostAliases: [{ ip: '10.0.0.1', hostnames: ['db'] }],
          dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
        },
        { sidecars: ['side'] },
      ),
      context,
    )
    expect(request.containers.map(({ name, role }) => [name, role])).toEqual([
      ['first', 'init'],
      ['main', 'main'],
      ['side', 'sidecar'],
    ])
    expect(request.containers[2]?.mounts).toEqual([{ volume: 'v', mountPath: '/v' }])
    expect(request.registryCredentials).toEqual(['{"auths":{"r":{}}}'])
    expect(request.network).toEqual({
      mode: 'sandbox',
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['db'] }],
      dns: { options: ['ndots:2'] },
    })
  })
})
