import { texts } from '../text/texts.js';

export const privacyTexts = texts({
  en: {
    title: 'Privacy and cookies',
    intro: 'These pages show you your own data. They do not follow you, and show no advertisements.',
    kept: 'What these pages keep',
    keptText:
      'Only that you are signed in, until you sign out or have not been here for a while. Your data and your mail stay with the institutions that keep them, and are fetched when you look.',
    recorded: 'What is recorded',
    recordedText:
      'Each time you or somebody else looks at your data or opens your mail, it is recorded. You see it under “Who looked”.',
    cookies: 'Cookies',
    cookiesText:
      'A cookie is a small text that your browser keeps. We use only these, without which the pages do not work. That is why we do not ask for your agreement.',
    name: 'Name',
    cookie: 'What for',
    howLong: 'How long',
    session: 'You are signed in',
    sessionHowLong: 'Until you sign out, and at most until the time that stands beside your name',
    signIn: 'You are on your way to sign-in and back',
    signInHowLong: 'At most ten minutes',
    search: 'You searched for words in your mail: with this cookie only your browser can read them in the address',
    searchHowLong: 'Until you close your browser',
    none: 'There are no cookies of others, and no measurement of visits by person.',
    rights: 'Your rights',
    rightsText:
      'Is something wrong in your data? Ask the institution that is named as its source to correct it. In Belgium you can complain to the Data Protection Authority.',
  },
  nl: {
    title: 'Privacy en cookies',
    intro: 'Deze pagina’s tonen u uw eigen gegevens. Ze volgen u niet, en tonen geen reclame.',
    kept: 'Wat deze pagina’s bewaren',
    keptText:
      'Alleen dat u aangemeld bent, tot u zich afmeldt of een tijd niet hier was. Uw gegevens en uw post blijven bij de instellingen die ze bewaren, en worden opgehaald als u kijkt.',
    recorded: 'Wat geregistreerd wordt',
    recordedText:
      'Telkens als u of iemand anders uw gegevens bekijkt of uw post opent, wordt dat geregistreerd. U ziet het onder “Wie keek”.',
    cookies: 'Cookies',
    cookiesText:
      'Een cookie is een kleine tekst die uw browser bewaart. We gebruiken alleen deze, zonder welke de pagina’s niet werken. Daarom vragen we uw akkoord niet.',
    name: 'Naam',
    cookie: 'Waarvoor',
    howLong: 'Hoe lang',
    session: 'U bent aangemeld',
    sessionHowLong: 'Tot u zich afmeldt, en hoogstens tot het uur dat naast uw naam staat',
    signIn: 'U bent onderweg om u aan te melden',
    signInHowLong: 'Hoogstens tien minuten',
    search: 'U zocht woorden in uw post: met deze cookie kan alleen uw browser ze in het adres lezen',
    searchHowLong: 'Tot u uw browser sluit',
    none: 'Er zijn geen cookies van anderen, en bezoeken worden niet per persoon gemeten.',
    rights: 'Uw rechten',
    rightsText:
      'Staat er iets fout in uw gegevens? Vraag de instelling die als bron vermeld staat om het te verbeteren. In België kunt u een klacht indienen bij de Gegevensbeschermingsautoriteit.',
  },
  fr: {
    title: 'Vie privée et cookies',
    intro: 'Ces pages vous montrent vos propres données. Elles ne vous suivent pas et n’affichent pas de publicité.',
    kept: 'Ce que ces pages conservent',
    keptText:
      'Seulement que vous êtes connecté, jusqu’à ce que vous vous déconnectiez ou que vous ne soyez plus venu depuis un moment. Vos données et votre courrier restent auprès des institutions qui les conservent, et sont cherchés quand vous regardez.',
    recorded: 'Ce qui est enregistré',
    recordedText:
      'Chaque fois que vous ou quelqu’un d’autre consulte vos données ou ouvre votre courrier, c’est enregistré. Vous le voyez sous « Qui a consulté ».',
    cookies: 'Cookies',
    cookiesText:
      'Un cookie est un petit texte que votre navigateur conserve. Nous n’utilisons que ceux-ci, sans lesquels les pages ne fonctionnent pas. C’est pourquoi nous ne demandons pas votre accord.',
    name: 'Nom',
    cookie: 'Pour quoi',
    howLong: 'Combien de temps',
    session: 'Vous êtes connecté',
    sessionHowLong: 'Jusqu’à ce que vous vous déconnectiez, et au plus tard à l’heure affichée à côté de votre nom',
    signIn: 'Vous êtes en train de vous connecter',
    signInHowLong: 'Dix minutes au plus',
    search:
      'Vous avez cherché des mots dans votre courrier : avec ce cookie, seul votre navigateur peut les lire dans l’adresse',
    searchHowLong: 'Jusqu’à ce que vous fermiez votre navigateur',
    none: 'Il n’y a pas de cookies d’autres sites, et les visites ne sont pas mesurées par personne.',
    rights: 'Vos droits',
    rightsText:
      'Une de vos données est fausse ? Demandez à l’institution indiquée comme source de la corriger. En Belgique, vous pouvez introduire une plainte auprès de l’Autorité de protection des données.',
  },
  de: {
    title: 'Datenschutz und Cookies',
    intro: 'Diese Seiten zeigen Ihnen Ihre eigenen Daten. Sie verfolgen Sie nicht und zeigen keine Werbung.',
    kept: 'Was diese Seiten aufbewahren',
    keptText:
      'Nur, dass Sie angemeldet sind, bis Sie sich abmelden oder eine Zeit lang nicht hier waren. Ihre Daten und Ihre Post bleiben bei den Einrichtungen, die sie aufbewahren, und werden geholt, wenn Sie hinsehen.',
    recorded: 'Was aufgezeichnet wird',
    recordedText:
      'Jedes Mal, wenn Sie oder jemand anderes Ihre Daten ansieht oder Ihre Post öffnet, wird es aufgezeichnet. Sie sehen es unter „Wer geschaut hat“.',
    cookies: 'Cookies',
    cookiesText:
      'Ein Cookie ist ein kleiner Text, den Ihr Browser aufbewahrt. Wir verwenden nur diese, ohne die die Seiten nicht funktionieren. Deshalb bitten wir nicht um Ihre Zustimmung.',
    name: 'Name',
    cookie: 'Wofür',
    howLong: 'Wie lange',
    session: 'Sie sind angemeldet',
    sessionHowLong: 'Bis Sie sich abmelden, höchstens bis zu der Zeit, die neben Ihrem Namen steht',
    signIn: 'Sie sind dabei, sich anzumelden',
    signInHowLong: 'Höchstens zehn Minuten',
    search: 'Sie haben Wörter in Ihrer Post gesucht: Mit diesem Cookie kann nur Ihr Browser sie in der Adresse lesen',
    searchHowLong: 'Bis Sie Ihren Browser schließen',
    none: 'Es gibt keine Cookies von anderen, und Besuche werden nicht nach Personen gemessen.',
    rights: 'Ihre Rechte',
    rightsText:
      'Ist etwas in Ihren Daten falsch? Bitten Sie die Einrichtung, die als Quelle genannt ist, es zu berichtigen. In Belgien können Sie sich bei der Datenschutzbehörde beschweren.',
  },
});
