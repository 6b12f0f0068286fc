// What pages do better with JavaScript; without it they work all the same.
import { Button, createAll, ErrorSummary, NotificationBanner, ServiceNavigation, SkipLink } from './govuk-frontend.js';

// govuk-frontend's pages do so in an inline script, which our content security policy forbids.
document.body.classList.add('js-enabled', 'govuk-frontend-supported');
for (const component of [Button, ErrorSummary, NotificationBanner, ServiceNavigation, SkipLink]) createAll(component);
