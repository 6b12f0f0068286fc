{{- /*
The Clusters of CloudNativePG by role (main, journal, keys), as JSON: their values, their name, and the databases that lie there. A role
without databases is left out.
*/}}
{{- define "mesh.databaseClusters" -}}
{{- $cnpg := .Values.postgresql.cloudNativePg }}{{- $clusters := dict }}
{{- $services := include "mesh.services" . | fromJson }}
{{- range $role, $own := $cnpg.clusters }}
{{- $databases := list }}
{{- range $name, $service := $services }}
{{- $database := ternary $service.keysDatabase (ternary $service.database "" (eq $service.databaseCluster $role)) (eq $role "keys") }}
{{- if and $service.database $database }}
{{- $databases = append $databases (dict "service" $name "name" $database "role" $service.database) }}
{{- end }}
{{- end }}
{{- if $databases }}
{{- $cluster := mergeOverwrite (deepCopy (omit $cnpg "clusters" "cluster" "enabled")) (deepCopy $own) }}
{{- $_ := set $cluster "name" ($own.name | default (printf "%s-%s" $cnpg.cluster $role)) }}
{{- $_ := set $clusters $role (set $cluster "databases" $databases) }}
{{- end }}
{{- end }}
{{- toJson $clusters }}
{{- end }}

{{- /* The names of the Clusters that a service connects to, as JSON. Call with (list $ name). */}}
{{- define "mesh.clustersOf" -}}
{{- $name := index . 1 }}{{- $names := list }}
{{- range $cluster := include "mesh.databaseClusters" (index . 0) | fromJson }}
{{- range $cluster.databases }}
{{- if eq .service $name }}{{- $names = append $names $cluster.name }}{{- end }}
{{- end }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{- /* Of them those that have its own database, not that of its subject keys, as JSON. Call with (list $ name). */}}
{{- define "mesh.dataClustersOf" -}}
{{- $name := index . 1 }}{{- $names := list }}
{{- range $cluster := include "mesh.databaseClusters" (index . 0) | fromJson }}
{{- range $cluster.databases }}
{{- if and (eq .service $name) (eq .name .role) }}{{- $names = append $names $cluster.name }}{{- end }}
{{- end }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{- /*
What PostgreSQL does with connections whose other side has vanished, and with disks: a client that a node took along keeps its locks for
11 seconds instead of two hours; a standby that is away keeps no more WAL than half of its volume. Call with the values of a Cluster.
*/}}
{{- define "mesh.postgresqlParameters" -}}
{{- $walSize := include "mesh.quantity" .walStorage.size | float64 }}
{{- $defaults := dict
  "tcp_keepalives_idle" "5"
  "tcp_keepalives_interval" "2"
  "tcp_keepalives_count" "3"
  "tcp_user_timeout" "10s"
  "client_connection_check_interval" "5s"
  "idle_in_transaction_session_timeout" "60s"
  "max_slot_wal_keep_size" (printf "%dMB" (divf $walSize 2097152 | floor | int64)) }}
{{- range $key, $value := mergeOverwrite $defaults .parameters (dict "max_connections" (int .maxConnections)) }}
{{ $key }}: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- /*
The connections that services open to their databases, as JSON: { needed, why }. All pods that autoscaling allows count, and those of an
upgrade: one batch of new ones (maxSurge) that starts while the batch before it stops. So does one run of each kind of Job of a service.
Call with (list $ databases reserved): databases are { service, name, role }; of a service's subject keys, name is not role.
*/}}
{{- define "mesh.connectionBudget" -}}
{{- $root := index . 0 }}{{- $reserved := index . 2 | int }}
{{- $each := (include "mesh.topology" $root | fromJson).connections }}
{{- $services := include "mesh.services" $root | fromJson }}
{{- $needed := $reserved }}{{- $why := list }}
{{- range $database := index . 1 }}
{{- $service := get $services $database.service }}
{{- $pods := ternary $service.autoscaling.maxReplicas $service.replicas $service.autoscaling.enabled | int }}
{{- $surge := ternary 0 (ceil (divf $pods 4) | int) (not (empty $service.documentStore.volume.size)) }}
{{- $peak := add $pods $surge $surge }}
{{- $ofOne := ternary (add $each.pool $each.session) $each.keys (eq $database.name $database.role) | int }}
{{- $isData := eq $database.name $database.role }}
{{- $retention := ternary $each.retention 0 (and $isData $service.journal $root.Values.retention.enabled) | int }}
{{- $command := ternary (add $ofOne (ternary $each.rebuild 0 $isData)) 0 (not (empty $service.consumes)) | int }}
{{- $sum := add (mul $peak $ofOne) $each.migrations $retention $command }}
{{- $needed = add $needed $sum }}
{{- $jobs := printf "%d for migrations" (int $each.migrations) }}
{{- if $retention }}{{- $jobs = printf "%s, %d for retention" $jobs $retention }}{{- end }}
{{- if $command }}{{- $jobs = printf "%s, %d for a command" $jobs $command }}{{- end }}
{{- $why = append $why (printf "%s %d (%d of each of %d pods, %d of them for upgrades, and %s)" $database.name $sum $ofOne $peak (add $surge $surge) $jobs) }}
{{- end }}
{{- dict "needed" (int $needed) "why" (printf "%s, and %d reserved" (join ", " $why) $reserved) | toJson }}
{{- end }}

{{- /* All databases of the mesh, as JSON, as "mesh.connectionBudget" takes them. */}}
{{- define "mesh.databases" -}}
{{- $databases := list }}
{{- range $name, $service := include "mesh.services" . | fromJson }}
{{- range compact (list $service.database $service.keysDatabase) }}
{{- $databases = append $databases (dict "service" $name "name" . "role" $service.database) }}
{{- end }}
{{- end }}
{{- toJson $databases }}
{{- end }}
