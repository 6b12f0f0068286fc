{{- define "mesh.portalRules" -}}
{{- $wrong := list }}
{{- with .Values.portal }}
{{- if not .publicUrl }}
{{- range $at, $set := dict "signIn.issuer" .signIn.issuer "signIn.peers" .signIn.peers "signIn.caSecret" .signIn.caSecret "deliberationUrl" .deliberationUrl "ingress.enabled" .ingress.enabled }}
{{- if $set }}
{{- $wrong = append $wrong (printf "portal.%s is set, and portal.publicUrl is empty, so there is no portal: set it to what citizens type, for example https://my.example.org, or take the rest out." $at) }}
{{- end }}
{{- end }}
{{- else }}
{{- if not .signIn.issuer }}
{{- $wrong = append $wrong "portal.signIn.issuer is empty, so that nobody could sign in: give the issuer of the OpenID provider, as its discovery document has it, for example https://sign-in.example.org." }}
{{- else if and $.Values.networkPolicies.enabled (not .signIn.peers) }}
{{- $wrong = append $wrong "portal.signIn.peers is empty, so network policies would not let the portal reach the sign-in provider: say where it is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false." }}
{{- end }}
{{- if and .ingress.enabled (hasPrefix "https:" .publicUrl) (not .ingress.tlsSecret) }}
{{- $wrong = append $wrong "portal.ingress.tlsSecret is empty: name the Secret with the certificate that browsers see, or set portal.ingress.enabled=false if they come by a proxy of yours." }}
{{- end }}
{{- if eq $.Values.global.mode "production" }}
{{- range $at, $url := dict "publicUrl" .publicUrl "signIn.issuer" .signIn.issuer }}
{{- if hasPrefix "http:" $url }}
{{- $wrong = append $wrong (printf "portal.%s is %s in production: use https, since what passes there opens a citizen's file." $at $url) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}
