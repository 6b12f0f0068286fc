{{- /*
The environment of a service: only names that its configuration knows. Call with (list $ name service).
*/}}
{{- define "mesh.env" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $service := index . 2 -}}
{{- $global := $root.Values.global -}}
- { name: CROSSROADS_MODE, value: {{ $global.mode | quote }} }
- { name: CROSSROADS_TRUST_DOMAIN, value: {{ $global.trustDomain | quote }} }
- { name: HEALTH_PORT, value: "50052" }
{{- if $service.serves }}
- { name: GRPC_HOST, value: "0.0.0.0" }
- { name: MESH_PORT, value: "50051" }
- { name: INSTITUTIONS_PORT, value: "50053" }
- { name: INSTITUTIONS_CA_FILE, value: /etc/crossroads/institutions/ca.crt }
- { name: DRAIN_MS, value: {{ int $service.drainMs | quote }} }
- { name: MAX_CONNECTION_AGE_MS, value: "300000" }
{{- else }}
- { name: HEALTH_HOST, value: "0.0.0.0" }
{{- end }}
{{- if $service.servesPages }}
{{- include "mesh.portalEnv" $root.Values.portal }}
{{- end }}
- { name: TLS_CA_FILE, value: /etc/crossroads/tls/ca.crt }
- { name: TLS_CERT_FILE, value: /etc/crossroads/tls/tls.crt }
- { name: TLS_KEY_FILE, value: /etc/crossroads/tls/tls.key }
{{- include "mesh.databaseEnv" (list $name $service (dict "DATABASE_URL" "url" "KEYS_DATABASE_URL" "keysUrl")) }}
{{- if include "mesh.usesKafka" $service }}
- { name: KAFKA_BROKERS, value: {{ join "," $root.Values.kafka.brokers | quote }} }
{{- end }}
{{- if $service.keys }}
- { name: KEY_FILE, value: /etc/crossroads/keys/keys.json }
{{- end }}
{{- if eq $service.receipts "sign" }}
- { name: RECEIPT_KEY_FILE, value: /etc/crossroads/receipts/receipt-key.pem }
- { name: ACCESS_LOG_ORIGIN, value: {{ include "mesh.accessLogOrigin" $root | quote }} }
{{- else if eq $service.receipts "check" }}
- { name: RECEIPT_KEYS_FILE, value: /etc/crossroads/receipts/receipt-keys.json }
- { name: ACCESS_LOG_ORIGIN, value: {{ include "mesh.accessLogOrigin" $root | quote }} }
{{- end }}
{{- include "mesh.documentEnv" $service }}
{{- range $service.calls }}
- { name: {{ upper . | replace "-" "_" }}_ADDRESS, value: "{{ . }}:{{ include "mesh.portFor" $service }}" }
{{- end }}
{{- if $service.serves }}
{{- with $service.limits.callsPerSecond }}
- { name: LIMIT_CALLS_PER_SECOND, value: {{ int . | quote }} }
{{- end }}
{{- with $service.limits.concurrentCalls }}
- { name: LIMIT_CONCURRENT_CALLS, value: {{ int . | quote }} }
{{- end }}
{{- with $service.limits.messageBytes }}
- { name: LIMIT_MESSAGE_BYTES, value: {{ int . | quote }} }
{{- end }}
- { name: LIMIT_CALLS_IN_FLIGHT, value: {{ int $service.limits.callsInFlight | quote }} }
- { name: LIMIT_BATCH_CALLS, value: {{ int $service.limits.batchCalls | quote }} }
- { name: LIMIT_BULK_CALLS, value: {{ int $service.limits.bulkCalls | quote }} }
{{- end }}
- { name: LOG_LEVEL, value: {{ $root.Values.telemetry.logLevel | quote }} }
{{- with $root.Values.telemetry.endpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
- { name: OTEL_TRACES_SAMPLER_ARG, value: {{ $root.Values.telemetry.sampling | quote }} }
{{- end }}
{{- range $key, $value := $service.env }}
- { name: {{ $key | quote }}, value: {{ $value | toString | quote }} }
{{- end }}
{{- end }}

{{- /* What only the portal reads. Call with values.portal. */}}
{{- define "mesh.portalEnv" }}
- { name: HTTP_HOST, value: "0.0.0.0" }
- { name: HTTP_PORT, value: "8080" }
- { name: HTTP_TRUSTED_PROXIES, value: {{ int .trustedProxies | quote }} }
- { name: PUBLIC_URL, value: {{ .publicUrl | quote }} }
- { name: SIGN_IN_ISSUER, value: {{ .signIn.issuer | quote }} }
{{- if .signIn.caSecret }}
- { name: SIGN_IN_CA_FILE, value: /etc/crossroads/sign-in/ca.crt }
{{- end }}
- { name: SIGN_IN_ACR, value: {{ .signIn.acr | quote }} }
{{- with .deliberationUrl }}
- { name: DELIBERATION_URL, value: {{ . | quote }} }
{{- end }}
{{- end }}

{{- /* Where a service keeps documents. Call with its values. */}}
{{- define "mesh.documentEnv" -}}
{{- if .documentStore.volume.size }}
- { name: DOCUMENT_STORE_DIR, value: /var/lib/crossroads/documents }
{{- end }}
{{- with .documentStore.s3 }}
{{- range $variable, $value := dict "S3_BUCKET" .bucket "S3_ENDPOINT" .endpoint "S3_REGION" .region }}
{{- with $value }}
- { name: {{ $variable }}, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- include "mesh.s3Credentials" . }}
{{- end }}
{{- end }}

{{- /* The variables of the AWS SDK. Call with values of an S3 bucket. */}}
{{- define "mesh.s3Credentials" -}}
{{- with .credentialsSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: accessKeyId } }
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: secretAccessKey } }
{{- end }}
{{- end }}

{{- /* URLs from the Secret of a service's databases. Call with (list name service (dict variable key)). */}}
{{- define "mesh.databaseEnv" -}}
{{- $name := index . 0 }}{{- $service := index . 1 -}}
{{- range $variable, $key := index . 2 }}
{{- if or (and $service.database (not (hasPrefix "KEYS" $variable))) (and $service.keysDatabase (hasPrefix "KEYS" $variable)) }}
- name: {{ $variable }}
  valueFrom: { secretKeyRef: { name: {{ include "mesh.secret" (list $service $name "database") | quote }}, key: {{ $key }} } }
{{- end }}
{{- end }}
{{- end }}

{{- /* The environment of a service's migrations. Call with (list $ name service). */}}
{{- define "mesh.migrationEnv" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $service := index . 2 -}}
- { name: CROSSROADS_MODE, value: {{ $root.Values.global.mode | quote }} }
- { name: LOG_LEVEL, value: {{ $root.Values.telemetry.logLevel | quote }} }
{{- $urls := dict "DATABASE_URL" "url" "DATABASE_MIGRATOR_URL" "migratorUrl" "KEYS_DATABASE_URL" "keysUrl" "KEYS_DATABASE_MIGRATOR_URL" "keysMigratorUrl" }}
{{- include "mesh.databaseEnv" (list $name $service $urls) }}
{{- end }}

{{- /* The environment of retention. Call with (list $ name service). */}}
{{- define "mesh.retentionEnv" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $service := index . 2 -}}
{{- $retention := $root.Values.retention -}}
- { name: CROSSROADS_MODE, value: {{ $root.Values.global.mode | quote }} }
- { name: LOG_LEVEL, value: {{ $root.Values.telemetry.logLevel | quote }} }
{{- include "mesh.databaseEnv" (list $name $service (dict "DATABASE_URL" "url" "DATABASE_MIGRATOR_URL" "migratorUrl")) }}
- { name: JOURNAL_OPEN_MONTHS, value: {{ int $retention.openMonths | quote }} }
{{- with int $retention.keptMonths }}
- { name: JOURNAL_RETENTION_MONTHS, value: {{ . | quote }} }
{{- end }}
{{- with $retention.archive }}
{{- if .claim }}
- { name: JOURNAL_ARCHIVE_DIR, value: /var/lib/crossroads/archive }
{{- end }}
{{- with .s3 }}
{{- range $variable, $value := dict "JOURNAL_ARCHIVE_BUCKET" .bucket "JOURNAL_ARCHIVE_ENDPOINT" .endpoint "JOURNAL_ARCHIVE_REGION" .region }}
{{- with $value }}
- { name: {{ $variable }}, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- include "mesh.s3Credentials" . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mesh.retentionMounts" -}}
{{- if .Values.retention.archive.claim }}
- { name: archive, mountPath: /var/lib/crossroads/archive }
{{- end }}
{{- include "mesh.databaseAuthorityMount" . }}
- { name: tmp, mountPath: /tmp }
{{- end }}

{{- /* Call with (list $ name). */}}
{{- define "mesh.retentionVolumes" -}}
{{- with (index . 0).Values.retention.archive.claim }}
- name: archive
  persistentVolumeClaim: { claimName: {{ . | quote }} }
{{- end }}
{{- include "mesh.databaseAuthorityVolume" . }}
{{- end }}
