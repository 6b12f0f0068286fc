{{- define "mesh.postgresqlRules" -}}
{{- $wrong := list }}
{{- if .Values.postgresql.cloudNativePg.enabled }}
{{- $wrong = include "mesh.clusterRules" . | fromJsonArray }}
{{- else }}
{{- with .Values.postgresql }}
{{- $budget := include "mesh.connectionBudget" (list $ (include "mesh.databases" $ | fromJsonArray) .reservedConnections) | fromJson }}
{{- if and .maxConnections (lt (int .maxConnections) (int $budget.needed)) }}
{{- $wrong = append $wrong (include "mesh.tooFewConnections" (list "postgresql.maxConnections" .maxConnections $budget)) }}
{{- else if and (not .maxConnections) (eq $.Values.global.mode "production") }}
{{- $wrong = append $wrong (printf "postgresql.maxConnections is 0 in production: set it to max_connections of your server, which must be %d or more." (int $budget.needed)) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* Call with (list where maxConnections budget). */}}
{{- define "mesh.tooFewConnections" -}}
{{- $budget := index . 2 -}}
{{- printf "%s is %d, and %d are needed: %s. Raise it to %d, or lower autoscaling.maxReplicas (or replicas) of these services." (index . 0) (index . 1 | int) (int $budget.needed) $budget.why (int $budget.needed) }}
{{- end }}

{{- define "mesh.clusterRules" -}}
{{- $root := . }}{{- $wrong := list }}{{- $names := dict }}
{{- $few := list }}{{- $lossy := list }}{{- $unsaved := list }}
{{- range $role, $cluster := include "mesh.databaseClusters" . | fromJson }}
{{- $at := printf "postgresql.cloudNativePg.clusters.%s" $role }}
{{- $budget := include "mesh.connectionBudget" (list $root $cluster.databases $root.Values.postgresql.reservedConnections) | fromJson }}
{{- if lt (int $cluster.maxConnections) (int $budget.needed) }}
{{- $wrong = append $wrong (include "mesh.tooFewConnections" (list (printf "%s.maxConnections" $at) $cluster.maxConnections $budget)) }}
{{- end }}
{{- if hasKey $cluster.parameters "max_connections" }}
{{- $wrong = append $wrong (printf "%s has max_connections in its parameters: take it out, and set %s.maxConnections, against which the services' pools are checked." $at $at) }}
{{- end }}
{{- with get $names $cluster.name }}
{{- $wrong = append $wrong (printf "%s.name is %s, as that of clusters.%s: each is a Cluster of its own, so that one can be restored without the other." $at $cluster.name .) }}
{{- end }}
{{- $_ := set $names $cluster.name $role }}
{{- if and (gt (int $cluster.instances) 1) (ge (int $cluster.synchronous.number) (int $cluster.instances)) }}
{{- $wrong = append $wrong (printf "postgresql.cloudNativePg.synchronous.number is %d, and %s has %d instances, one of which is the primary: nothing could be written. Lower it, or raise instances." (int $cluster.synchronous.number) $at (int $cluster.instances)) }}
{{- end }}
{{- $wrong = concat $wrong (include "mesh.resourceRules" (list $at $cluster.resources) | fromJsonArray) (include "mesh.backupRules" (list $at $role $cluster) | fromJsonArray) }}
{{- if lt (int $cluster.instances) 3 }}{{- $few = append $few $role }}{{- end }}
{{- if ne $cluster.synchronous.dataDurability "required" }}{{- $lossy = append $lossy $role }}{{- end }}
{{- if not $cluster.backup.enabled }}{{- $unsaved = append $unsaved $role }}{{- end }}
{{- end }}
{{- if eq .Values.global.mode "production" }}
{{- with $few }}
{{- $wrong = append $wrong (printf "postgresql.cloudNativePg.instances is less than 3 in production (%s): what is acknowledged is on two, so losing one of two would stop writing. Set 3." (join ", " .)) }}
{{- end }}
{{- with $lossy }}
{{- $wrong = append $wrong (printf "postgresql.cloudNativePg.synchronous.dataDurability is preferred in production (%s): after a fail-over acknowledged events could be missing, and their readers would stop with LOG_FORKED. Set required." (join ", " .)) }}
{{- end }}
{{- with $unsaved }}
{{- $wrong = append $wrong (printf "postgresql.cloudNativePg.backup.enabled is false in production (%s): set it, and backup.destinationPath to a bucket." (join ", " .)) }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* Call with (list where role cluster). */}}
{{- define "mesh.backupRules" -}}
{{- $at := index . 0 }}{{- $role := index . 1 }}{{- $cluster := index . 2 }}{{- $wrong := list }}
{{- $backup := $cluster.backup }}{{- $restore := $cluster.restore }}
{{- $snapshots := eq $backup.method "volumeSnapshot" }}
{{- if and $backup.enabled (not $backup.destinationPath) }}
{{- $wrong = append $wrong (printf "%s is to be backed up, and backup.destinationPath is empty: give the bucket of its WAL archive, for example s3://mesh-backups/postgresql." $at) }}
{{- end }}
{{- if $restore.from }}
{{- if not $backup.enabled }}
{{- $wrong = append $wrong (printf "%s.restore.from is %s, and backup.enabled is false: backup says where its archive is." $at $restore.from) }}
{{- end }}
{{- if eq $restore.from $cluster.name }}
{{- $wrong = append $wrong (printf "%s.restore.from is the name of the Cluster itself: give the restored one a new name (%s.name), for its archive must be empty and the old one is kept." $at $at) }}
{{- end }}
{{- if ne $snapshots (not (empty $restore.snapshot)) }}
{{- $wrong = append $wrong (printf "%s.restore.snapshot and backup.method volumeSnapshot go together: name the Backup whose snapshots are taken, or set method to objectStore." $at) }}
{{- end }}
{{- if and $restore.targetTime (eq $role "keys") }}
{{- $wrong = append $wrong (printf "%s.restore.targetTime is set: subject keys are restored to their latest state only, since an earlier one has keys of persons who were erased since. Take it out." $at) }}
{{- end }}
{{- else if or $restore.targetTime $restore.snapshot }}
{{- $wrong = append $wrong (printf "%s.restore has targetTime or snapshot without from: name the Cluster whose backups are taken, or take them out." $at) }}
{{- end }}
{{- toJson $wrong }}
{{- end }}
