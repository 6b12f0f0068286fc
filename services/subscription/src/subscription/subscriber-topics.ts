import { DELIVERIES, topicOfInstitution } from '@crossroads/topology';

/** The topic of one subscriber. */
export const deliveriesTopic = (institution: string): string => topicOfInstitution(DELIVERIES, institution);
