{{- /* Rules that a schema cannot express. All errors are reported at once, each with how to correct it. */}}
{{- define "mesh.rules" -}}
{{- $wrong := concat
  (include "mesh.serviceRules" . | fromJsonArray)
  (include "mesh.connectionRules" . | fromJsonArray)
  (include "mesh.portalRules" . | fromJsonArray)
  (include "mesh.postgresqlRules" . | fromJsonArray)
  (include "mesh.retentionRules" . | fromJsonArray)
  (include "mesh.productionRules" . | fromJsonArray) }}
{{- if $wrong }}
{{- fail (printf "these values do not make a mesh:\n\n- %s\n" (join "\n- " $wrong)) }}
{{- end }}
{{- end }}

{{- define "mesh.serviceRules" -}}
{{- $wrong := list }}
{{- $known := keys (include "mesh.topology" . | fromJson).services | sortAlpha }}
{{- $services := include "mesh.services" . | fromJson }}
{{- $enabled := keys $services }}
{{- $produced := list }}{{- $databases := list }}
{{- range $services }}
{{- $produced = concat $produced .produces }}
{{- end }}
{{- if not $enabled }}
{{- $wrong = append $wrong "no service is enabled: set services.<name>.enabled for those that you want." }}
{{- end }}
{{- range $name, $service := $services }}
{{- $at := printf "services.%s" $name }}
{{- if not (or (has $name $known) $service.image.repository) }}
{{- $wrong = append $wrong (printf "%s is none of the mesh's services (%s): correct the name; for a service of your own set %s.image.repository." $at (join ", " $known) $at) }}
{{- end }}
{{- range concat $service.calls $service.sources.services | uniq }}
{{- if not (has . $enabled) }}
{{- $wrong = append $wrong (printf "%s calls %s, which is not enabled: set services.%s.enabled=true, or %s.enabled=false." $at . . $at) }}
{{- end }}
{{- end }}
{{- range $service.consumes }}
{{- if not (has . $produced) }}
{{- $wrong = append $wrong (printf "%s consumes %s, which no enabled service produces: enable its producer, or take it out of %s.consumes." $at . $at) }}
{{- end }}
{{- end }}
{{- if and $service.keysDatabase (not $service.database) }}
{{- $wrong = append $wrong (printf "%s.keysDatabase is set and %s.database is not: a service with subject keys has both." $at $at) }}
{{- end }}
{{- range compact (list $service.database $service.keysDatabase) }}
{{- if has . $databases }}
{{- $wrong = append $wrong (printf "%s uses the database %s a second time: each service has databases of its own." $at .) }}
{{- end }}
{{- $databases = append $databases . }}
{{- end }}
{{- $wrong = concat $wrong (include "mesh.scalingRules" (list $at $service) | fromJsonArray) (include "mesh.limitRules" (list $ $at $service) | fromJsonArray) (include "mesh.environmentRules" (list $ $at $name $service) | fromJsonArray) (include "mesh.documentRules" (list $ $at $service) | fromJsonArray) }}
{{- if ne (empty $service.sources.cidrs) (empty $service.sources.ports) }}
{{- $wrong = append $wrong (printf "%s.sources.cidrs and %s.sources.ports go together: networks of the institutions that it calls, and the ports they serve on." $at $at) }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* Call with (list where service). */}}
{{- define "mesh.scalingRules" -}}
{{- $at := index . 0 }}{{- $service := index . 1 }}{{- $wrong := list }}
{{- $scaling := $service.autoscaling }}{{- $disruption := $service.disruption }}
{{- $least := ternary $scaling.minReplicas $service.replicas $scaling.enabled | int }}
{{- if $scaling.enabled }}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}
{{- $wrong = append $wrong (printf "%s.autoscaling.minReplicas (%d) is more than maxReplicas (%d): lower the one or raise the other." $at (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
{{- end }}
{{- if not (dig "requests" "cpu" "" $service.resources) }}
{{- $wrong = append $wrong (printf "%s.autoscaling measures CPU against what is requested: set %s.resources.requests.cpu." $at $at) }}
{{- end }}
{{- end }}
{{- if $disruption.enabled }}
{{- if hasKey $disruption "minAvailable" }}
{{- $text := toString $disruption.minAvailable }}
{{- $number := trimSuffix "%" $text | int }}
{{- if or (and (hasSuffix "%" $text) (ge $number 100)) (and (not (hasSuffix "%" $text)) (ge $number $least)) }}
{{- $wrong = append $wrong (printf "%s.disruption.minAvailable (%s) of %d pods blocks every drain of a node: lower it, raise the pods, or use maxUnavailable." $at $text $least) }}
{{- end }}
{{- else if eq (trimSuffix "%" (toString $disruption.maxUnavailable) | int) 0 }}
{{- $wrong = append $wrong (printf "%s.disruption.maxUnavailable is 0, which blocks every drain of a node: set 1 or more." $at) }}
{{- end }}
{{- end }}
{{- $wrong = concat $wrong (include "mesh.resourceRules" (list $at $service.resources) | fromJsonArray) }}
{{- $needed := add (div (add (int $service.drainMs) 999) 1000) 20 }}
{{- if lt (int $service.terminationGracePeriodSeconds) (int $needed) }}
{{- $wrong = append $wrong (printf "%s.terminationGracePeriodSeconds is %d, and stopping takes up to %d (drainMs, 10 s for calls, 10 s for what is in hand): raise it, or lower drainMs." $at (int $service.terminationGracePeriodSeconds) (int $needed)) }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* Lanes of work: libs/grpc. Call with (list $ where service). */}}
{{- define "mesh.limitRules" -}}
{{- $at := printf "%s.limits" (index . 1) }}{{- $service := index . 2 }}{{- $wrong := list }}
{{- $pool := (include "mesh.topology" (index . 0) | fromJson).connections.pool | int }}
{{- $limits := $service.limits }}
{{- $batch := int $limits.batchCalls }}{{- $bulk := int $limits.bulkCalls }}{{- $held := add $batch $bulk | int }}
{{- if le (int $limits.callsInFlight) $held }}
{{- $wrong = append $wrong (printf "%s.callsInFlight (%d) leaves none for online calls beside batchCalls (%d) and bulkCalls (%d): the service would not start. Raise it to %d or more." $at (int $limits.callsInFlight) $batch $bulk (add1 $held)) }}
{{- end }}
{{- if and $service.database (ge $held $pool) }}
{{- $wrong = append $wrong (printf "%s.batchCalls (%d) and bulkCalls (%d) can take all %d database connections of a pod, and online calls would wait for them: together at most %d, and more pods for more of them." $at $batch $bulk $pool (sub $pool 1)) }}
{{- end }}
{{- $memory := dig "limits" "memory" "" $service.resources }}
{{- $message := int $limits.messageBytes | default 4194304 }}
{{- if and $memory (gt (mulf $held $message 2) (include "mesh.quantity" $memory | float64)) }}
{{- $wrong = append $wrong (printf "%s.messageBytes (%d) of %d batch and bulk calls at once is more than half of resources.limits.memory (%v): lower messageBytes, batchCalls or bulkCalls, or raise the memory." $at $message $held $memory) }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* Call with (list where resources). */}}
{{- define "mesh.resourceRules" -}}
{{- $at := index . 0 }}{{- $resources := index . 1 }}{{- $wrong := list }}
{{- range $what, $limit := dig "limits" dict $resources }}
{{- $request := dig "requests" $what "" $resources }}
{{- if and $request (gt (include "mesh.quantity" $request | float64) (include "mesh.quantity" $limit | float64)) }}
{{- $wrong = append $wrong (printf "%s.resources.requests.%s (%v) is more than its limit (%v): lower the one or raise the other." $at $what $request $limit) }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* Call with (list $ where service). */}}
{{- define "mesh.documentRules" -}}
{{- $root := index . 0 }}{{- $service := index . 2 }}{{- $at := printf "%s.documentStore" (index . 1) }}{{- $wrong := list }}
{{- $s3 := $service.documentStore.s3 }}{{- $volume := $service.documentStore.volume }}
{{- $pods := ternary $service.autoscaling.maxReplicas $service.replicas $service.autoscaling.enabled | int }}
{{- $hasS3 := or $s3.bucket $s3.endpoint $s3.region $s3.credentialsSecret $s3.peers }}
{{- if not $service.storesDocuments }}
{{- if or $hasS3 $volume.size $volume.storageClass }}
{{- $wrong = append $wrong (printf "%s is set, and the service keeps no documents: take it out." $at) }}
{{- end }}
{{- else if and $hasS3 $volume.size }}
{{- $wrong = append $wrong (printf "%s.s3 and %s.volume.size are both set: keep the one that holds the documents." $at $at) }}
{{- else if $s3.bucket }}
{{- if and $root.Values.networkPolicies.enabled (not $s3.peers) }}
{{- $wrong = append $wrong (printf "%s.s3.peers is empty, so network policies would not let the service reach its documents: say where the bucket is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false." $at) }}
{{- end }}
{{- else if not $volume.size }}
{{- $wrong = append $wrong (printf "%s is empty: set s3.bucket to the S3 bucket of its documents, or volume.size, for one pod with files." $at) }}
{{- else if eq $root.Values.global.mode "production" }}
{{- $wrong = append $wrong (printf "%s.volume is for one pod, and production needs more: set s3.bucket instead." $at) }}
{{- else if gt $pods 1 }}
{{- $wrong = append $wrong (printf "%s.volume is for one pod, not %d: set %s.replicas=1 and autoscaling.enabled=false, or s3.bucket instead of volume.size." $at $pods (index . 1)) }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* Call with (list $ where name service). */}}
{{- define "mesh.environmentRules" -}}
{{- $root := index . 0 }}{{- $at := index . 1 }}{{- $service := index . 3 }}{{- $wrong := list }}
{{- $without := omit $service "env" }}
{{- $set := list "DATABASE_MIGRATOR_URL" "KEYS_DATABASE_MIGRATOR_URL" "EMBEDDED_LOG_URL" "DOCUMENT_STORE_DIR" "S3_BUCKET" "S3_ENDPOINT" "S3_REGION" "JOURNAL_OPEN_MONTHS" "JOURNAL_RETENTION_MONTHS" "JOURNAL_ARCHIVE_DIR" "JOURNAL_ARCHIVE_BUCKET" "JOURNAL_ARCHIVE_ENDPOINT" "JOURNAL_ARCHIVE_REGION" "DELIBERATION_URL" "SIGN_IN_CA_FILE" }}
{{- range include "mesh.env" (list $root (index . 2) (merge (dict "env" dict) $without)) | fromYamlArray }}
{{- $set = append $set .name }}
{{- end }}
{{- range $key, $_ := $service.env }}
{{- if has $key $set }}
{{- $wrong = append $wrong (printf "%s.env.%s: the chart sets it from its other values; take it out of env." $at $key) }}
{{- else if regexMatch "PASSWORD|SECRET|TOKEN|PRIVATE|_URL$" $key }}
{{- $wrong = append $wrong (printf "%s.env.%s looks like a secret, which no value may hold: the services read theirs from the Secrets that %s.secrets names." $at $key $at) }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}
