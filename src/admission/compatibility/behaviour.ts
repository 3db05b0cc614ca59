/** Where a workflow under Drydock looks or behaves otherwise than under Argo, beyond single fields. */
export const differencesOfBehaviour: readonly string[] = [
  'A pod is a set of Docker containers in one network sandbox. There is no `wait` and no `init` container: messages that Argo takes from them (`artifact … failed to load`) are the same, the containers are not listed.',
  '`hostNodeName` is the name of this host, `podIP` an address of Docker’s bridge; `resourcesDuration` is measured from requests as in Argo, so it differs as far as times differ.',
  'Times of a run are shorter: there is no requeue time and no scheduler, so nodes that Argo starts seconds apart may start in the same second.',
  'Exit code 137 is told apart by what Docker saw: `OOMKilled` where the kernel killed it for memory, else `Error`.',
  'Memory limits below 6 MiB are raised to 6 MiB, which Docker refuses to go under.',
  'A semaphore’s and a mutex’s holders are shown in the workflow’s status as under Argo; database locks need no database: their limits are set over the sync API and kept in Drydock’s store.',
  'Memo caches are ConfigMaps as under Argo, over REST and `drydock cache`; their entries are kept as rows of Drydock’s store, so a cache has no limit of 1 MiB.',
  'The logs of a pod that `podGC` removed can still be read, until its workflow goes; under Argo they went with the pod.',
  'Artifacts without a store of their own go to the local repository below the data directory, under the keys that Argo’s `keyFormat` gives.',
  'There are no users and no roles: the API listens on loopback, or asks for a token. `creator` labels are not set.',
  'A document of a file that Argo’s lint drops without a word (a duplicate key, broken YAML) is an error with its position.',
  'A manifest that asks for the host (privileged, capabilities, host namespaces, devices, host paths) is refused unless the configuration allows it; lint accepts it with a warning.',
  'Lint names every fault of an object that it finds, Argo’s first; over REST the message is Argo’s, `details` has path and advice of all.',
  'A workflow with `spec.suspend: true` can be stopped and terminated; under Argo v4.1.2 it stays Running until it is resumed (argo-workflows#17041).',
  'Of one workflow no more than 10,000 pods are under way at once, as if `spec.parallelism` were no more than that: the rest of a wider loop comes to be when there is room.',
  'A workflow may have a million nodes. Of one with more than 100,000 no answer shows the nodes: the condition `NodesLeftOut` says so; its phase, progress, lists and logs are as ever.',
  'A run goes by the templates as they were when it was created, for each `templateRef` and `workflowTemplateRef`, whatever becomes of them meanwhile; under Argo one that is looked up for the first time after a change is the changed one.',
  'Stop, terminate and `activeDeadlineSeconds` also end steps and DAGs that wait for an output that never comes, and `failFast` of a template does not wait for daemons that end only with the template; Argo waits for ever.',
  'After a stop every node ends; under Argo a steps node or a loop inside a stopped DAG may be left Running in a workflow that has ended.',
  'A WorkflowTemplate may be created before the ones it refers to, as with `kubectl apply`; Argo’s server wants them first. Lint, dry runs and the workflow that uses it name what is missing.',
]

/** Results of Argo's own manifests that a real Argo v4.1.2 recorded otherwise: what differs, and why. */
export const recordedDifferences: readonly { readonly results: readonly string[]; readonly why: string }[] = [
  {
    results: ['examples/exit-handlers', 'examples/variables-showcase', 'expectedfailures/exit-handlers'],
    why: 'print `workflow.duration`, which is shorter here; the last one also the namespace, which was `argo` in the recording',
  },
  { results: ['examples/node-selector', 'functional/node-selector'], why: 'print the version of the host’s kernel' },
  {
    results: ['examples/daemon-step', 'functional/dag-daemon-task'],
    why: 'print how long a transfer by curl took',
  },
  { results: ['examples/volumes-existing'], why: 'prints the time, and what earlier runs left in the volume' },
  { results: ['examples/k8s-wait-wf'], why: 'prints the random name of a generated workflow' },
  {
    results: ['examples/synchronization-db-tmpl-level'],
    why: 'the message names the namespace, which was `argo` in the recording',
  },
  {
    results: [
      'examples/timeouts-workflow',
      'functional/TestTemplateLevelTimeout',
      'workflow/TestWorkflowFailedWhenAllPodSetFailedFromPending',
    ],
    why: 'a pod that needed seconds to start was still Pending when its time was over; here it runs or is done by then. The first also asks for a node that does not exist: there is one host, `nodeSelector` has no effect',
  },
  {
    results: [
      'hooks/TestHttpExitHandlerWithWorkflowLevelDeadline',
      'testdata/retry-on-stopped',
      'daemon_pod/TestDaemonTemplateRef',
    ],
    why: 'a pod that was stopped shows the last line of Argo’s wrapper, `Error: exit status 143`; in the recording the pod was gone before it could be read (elsewhere in the recording it is there)',
  },
  {
    results: ['functional/stop-terminate#stop'],
    why: 'the exit handler of the stopped task runs, as Argo’s own test expects; the recording has a run without it',
  },
  {
    results: [
      'smoke/with-items-with-hooks',
      'testdata/artifactgc/artgc-dag-wf-stopped',
      'testdata/artifactgc/artgc-step-wf-tmpl-no-gc',
      'functional/TestWorkflowTTL',
    ],
    why: 'logs of pods that `podGC`, or the end of the workflow’s time to live, had removed in the recording are still there',
  },
  {
    results: ['expectedfailures/failed-artifact-load'],
    why: 'the name server of the recording answered `server misbehaving`; ours says that there is no such host',
  },
  {
    results: ['examples/artifact-disable-archive'],
    why: 'lists the files of an image’s `/etc`: the same only with the same image',
  },
  {
    results: ['workflow_inputs_orverridable/TestArgsValueFromParamsOverrideInputParamsValue'],
    why: 'the ConfigMap was missing a key in the recording, as another case had replaced it',
  },
]
