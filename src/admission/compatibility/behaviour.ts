/** Where a workflow under Drydock looks or behaves otherwise than under Argo, beyond single fields. */
export const differencesOfBehaviour: readonly string[] = [
  'A pod is a set of Docker containers in one network sandbox. There is no `wait` and no `init` container: messages that Argo takes from them (`artifact … failed to load`) are the same, the containers are not listed.',
  '`hostNodeName` is the name of this host, `podIP` an address of Docker’s bridge; `resourcesDuration` is measured from requests as in Argo, so it differs as far as times differ.',
  'Times of a run are shorter: there is no requeue time and no scheduler, so nodes that Argo starts seconds apart may start in the same second.',
  'Exit code 137 is told apart by what Docker saw: `OOMKilled` where the kernel killed it for memory, else `Error`.',
  'Memory limits below 6 MiB are raised to 6 MiB, which Docker refuses to go under.',
  'A semaphore’s and a mutex’s holders are shown in the workflow’s status as under Argo; database locks need no database: their limits are set over the sync API and kept in Drydock’s store.',
  'Memo caches are rows of Drydock’s store; entries of a ConfigMap that is labelled as a cache are read too, nothing is written to it.',
  'Artifacts without a store of their own go to the local repository below the data directory, under the keys that Argo’s `keyFormat` gives.',
  'There are no users and no roles: the API listens on loopback, or asks for a token. `creator` labels are not set.',
  'A document of a file that Argo’s lint drops without a word (a duplicate key, broken YAML) is an error with its position.',
  'A manifest that asks for the host (privileged, capabilities, host namespaces, devices, host paths) is refused unless the configuration allows it; lint accepts it with a warning.',
  'Lint names every fault of an object that it finds, Argo’s first; over REST the message is Argo’s, `details` has path and advice of all.',
  'A WorkflowTemplate may be created before the ones it refers to, as with `kubectl apply`; Argo’s server wants them first. Lint, dry runs and the workflow that uses it name what is missing.',
]
