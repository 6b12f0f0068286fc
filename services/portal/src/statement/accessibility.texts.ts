import { texts } from '../text/texts.js';

/** By the model of Commission Implementing Decision (EU) 2018/1523. It says only what was done. */
export const accessibilityTexts = texts({
  en: {
    title: 'Accessibility statement',
    scope:
      'We want everybody to be able to use these pages. This statement is about these pages, in accordance with Directive (EU) 2016/2102.',
    status: 'Compliance status',
    statusText:
      'These pages are partially compliant with the Web Content Accessibility Guidelines (WCAG) 2.2, level AA, because of what is listed below.',
    missing: 'Content that is not accessible',
    missingDocuments:
      'Documents in your mail are made by the institutions that send them. We cannot say whether they are accessible. If you cannot read a document, ask its sender for another form.',
    missingLanguages:
      'Subjects of messages and names of institutions are shown in the language in which they were written.',
    missingExpert:
      'No independent expert has examined the pages yet, and no people with disabilities have tested them yet.',
    preparation: 'How this statement was prepared',
    preparationText:
      'This statement was prepared on 28 November 2026, by our own assessment. The tests of the software examine the pages with the tool axe, measure contrast, and use them with the keyboard alone. They run whenever the software changes.',
    feedback: 'Feedback and contact',
    feedbackText:
      'Something is hard to use? Tell the operator of these pages, by the contact on the operator’s own website. Say on which page it happened.',
    enforcement: 'If the answer does not help',
    enforcementText: 'In Belgium you can complain to the Federal Ombudsman.',
  },
  nl: {
    title: 'Toegankelijkheidsverklaring',
    scope:
      'We willen dat iedereen deze pagina’s kan gebruiken. Deze verklaring gaat over deze pagina’s, overeenkomstig Richtlijn (EU) 2016/2102.',
    status: 'Nalevingsstatus',
    statusText:
      'Deze pagina’s voldoen gedeeltelijk aan de Web Content Accessibility Guidelines (WCAG) 2.2, niveau AA, om de redenen hieronder.',
    missing: 'Niet-toegankelijke inhoud',
    missingDocuments:
      'Documenten in uw post worden gemaakt door de instellingen die ze sturen. Wij kunnen niet zeggen of ze toegankelijk zijn. Kunt u een document niet lezen, vraag de afzender dan om een andere vorm.',
    missingLanguages:
      'Onderwerpen van berichten en namen van instellingen worden getoond in de taal waarin ze geschreven zijn.',
    missingExpert:
      'Geen onafhankelijke deskundige heeft de pagina’s al onderzocht, en mensen met een handicap hebben ze nog niet getest.',
    preparation: 'Hoe deze verklaring is opgesteld',
    preparationText:
      'Deze verklaring is opgesteld op 28 november 2026, door onze eigen beoordeling. De tests van de software onderzoeken de pagina’s met het hulpmiddel axe, meten het contrast, en gebruiken ze met alleen het toetsenbord. Ze lopen telkens als de software verandert.',
    feedback: 'Feedback en contact',
    feedbackText:
      'Is iets moeilijk te gebruiken? Meld het aan de beheerder van deze pagina’s, via het contact op de eigen website van de beheerder. Zeg op welke pagina het gebeurde.',
    enforcement: 'Als het antwoord niet helpt',
    enforcementText: 'In België kunt u een klacht indienen bij de Federale Ombudsman.',
  },
  fr: {
    title: 'Déclaration sur l’accessibilité',
    scope:
      'Nous voulons que chacun puisse utiliser ces pages. Cette déclaration concerne ces pages, conformément à la directive (UE) 2016/2102.',
    status: 'État de conformité',
    statusText:
      'Ces pages sont partiellement conformes aux règles pour l’accessibilité des contenus web (WCAG) 2.2, niveau AA, pour les raisons ci-dessous.',
    missing: 'Contenu non accessible',
    missingDocuments:
      'Les documents de votre courrier sont faits par les institutions qui les envoient. Nous ne pouvons pas dire s’ils sont accessibles. Si vous ne pouvez pas lire un document, demandez-le à l’expéditeur sous une autre forme.',
    missingLanguages:
      'Les objets des messages et les noms des institutions sont affichés dans la langue dans laquelle ils ont été écrits.',
    missingExpert:
      'Aucun expert indépendant n’a encore examiné les pages, et des personnes handicapées ne les ont pas encore testées.',
    preparation: 'Comment cette déclaration a été établie',
    preparationText:
      'Cette déclaration a été établie le 28 novembre 2026, par notre propre évaluation. Les tests du logiciel examinent les pages avec l’outil axe, mesurent le contraste et les utilisent avec le clavier seul. Ils sont exécutés chaque fois que le logiciel change.',
    feedback: 'Retour d’information et contact',
    feedbackText:
      'Quelque chose est difficile à utiliser ? Dites-le au gestionnaire de ces pages, par le contact sur son propre site web. Indiquez sur quelle page cela s’est produit.',
    enforcement: 'Si la réponse ne vous aide pas',
    enforcementText: 'En Belgique, vous pouvez introduire une plainte auprès du Médiateur fédéral.',
  },
  de: {
    title: 'Erklärung zur Barrierefreiheit',
    scope:
      'Wir möchten, dass alle diese Seiten benutzen können. Diese Erklärung gilt für diese Seiten, gemäß der Richtlinie (EU) 2016/2102.',
    status: 'Stand der Vereinbarkeit mit den Anforderungen',
    statusText:
      'Diese Seiten sind wegen der unten genannten Punkte teilweise mit den Web Content Accessibility Guidelines (WCAG) 2.2, Stufe AA, vereinbar.',
    missing: 'Nicht barrierefreie Inhalte',
    missingDocuments:
      'Dokumente in Ihrer Post werden von den Einrichtungen gemacht, die sie schicken. Wir können nicht sagen, ob sie barrierefrei sind. Wenn Sie ein Dokument nicht lesen können, bitten Sie den Absender um eine andere Form.',
    missingLanguages:
      'Betreffe von Nachrichten und Namen von Einrichtungen werden in der Sprache gezeigt, in der sie geschrieben wurden.',
    missingExpert:
      'Noch hat keine unabhängige Fachperson die Seiten geprüft, und Menschen mit Behinderung haben sie noch nicht getestet.',
    preparation: 'Wie diese Erklärung erstellt wurde',
    preparationText:
      'Diese Erklärung wurde am 28. November 2026 durch unsere eigene Bewertung erstellt. Die Tests der Software prüfen die Seiten mit dem Werkzeug axe, messen den Kontrast und benutzen sie nur mit der Tastatur. Sie laufen jedes Mal, wenn sich die Software ändert.',
    feedback: 'Rückmeldung und Kontakt',
    feedbackText:
      'Ist etwas schwer zu benutzen? Sagen Sie es dem Betreiber dieser Seiten, über den Kontakt auf seiner eigenen Website. Sagen Sie, auf welcher Seite es passiert ist.',
    enforcement: 'Wenn die Antwort nicht hilft',
    enforcementText: 'In Belgien können Sie sich beim Föderalen Ombudsmann beschweren.',
  },
});
