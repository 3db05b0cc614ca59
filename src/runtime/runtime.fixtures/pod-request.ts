/** Requests as the tests of all runtimes make them: only what a test is about is said there. */
import type { ContainerRequest, PodRequest, WorkflowUid } from '../../resources/index.ts'
import { nodeIdOf, podIdOf } from '../../resources/index.ts'

export const mainContainer = (more: Partial<ContainerRequest> = {}): ContainerRequest => ({
  name: 'main',
  role: 'main',
  image: 'busybox',
  imagePullPolicy: 'IfNotPresent',
  env: [],
  mounts: [],
  resources: {},
  security: {},
  ...more,
})

/** @param name of the pod and its node, and part of its id: one of its own for each pod of the workflow */
export const podRequest = (
  workflow: WorkflowUid,
  name: string,
  containers: readonly ContainerRequest[] = [mainContainer()],
  more: Partial<PodRequest> = {},
): PodRequest => ({
  identity: {
    id: podIdOf(`${workflow}.${name}.0`),
    name,
    namespace: 'default',
    workflowName: 'tests',
    workflowUid: workflow,
    nodeId: nodeIdOf(name),
    nodeName: name,
  },
  labels: {},
  annotations: {},
  containers,
  volumes: [],
  network: { mode: 'sandbox' },
  terminationGraceMs: 1_000,
  activeDeadlineMs: null,
  registryCredentials: [],
  ...more,
})
