import { type Hierarchy, wordOf } from '../../proofs/terms/words.ts'

/** Which purposes of the W3C Data Privacy Vocabulary 2.2 are part of which (https://w3id.org/dpv/2.2, "purposes"). */
const PARTS: Readonly<Record<string, string>> = {
  Advertising: 'PersonalisedAdvertising PoliticalCampaign RecruitmentAdvertising',
  CommercialPurpose: 'CommercialResearch',
  CommunicationManagement: 'CommunicationForCustomerCare',
  CustomerCare: 'CommunicationForCustomerCare',
  CustomerManagement:
    'CustomerCare CustomerClaimsManagement CustomerOrderManagement ' +
    'CustomerRelationshipManagement CustomerSolvencyMonitoring',
  CustomerRelationshipManagement: 'ImproveInternalCRMProcesses',
  EnforceSecurity:
    'EnforceAccessControl IdentityAuthentication MisusePreventionAndDetection ' + 'Verification',
  FraudPreventionAndDetection: 'CounterMoneyLaundering MaintainFraudDatabase',
  FulfilmentOfObligation: 'FulfilmentOfContractualObligation LegalCompliance ProtectionOfIPR',
  HumanResourceManagement: 'PersonnelManagement',
  Marketing: 'Advertising DirectMarketing PublicRelations SocialMediaMarketing',
  MisusePreventionAndDetection: 'FraudPreventionAndDetection',
  NonCommercialPurpose: 'NonCommercialResearch',
  OptimisationForConsumer: 'OptimiseUserInterface',
  OptimisationForController:
    'ImproveExistingProductsAndServices ImproveInternalCRMProcesses ' +
    'IncreaseServiceRobustness InternalResourceOptimisation',
  OrganisationGovernance:
    'DisputeManagement MemberPartnerManagement OrganisationComplianceManagement ' +
    'OrganisationRiskManagement',
  Personalisation: 'PersonalisedAdvertising PoliticalCampaign ServicePersonalisation',
  PersonalisedAdvertising: 'TargetedAdvertising',
  PersonnelHiring: 'PersonnelOnboarding RecruitmentAdvertising RecruitmentManagement',
  PersonnelManagement:
    'PersonnelHiring PersonnelMonitoring PersonnelOffboarding PersonnelPayment ' +
    'PersonnelPerformanceManagement PersonnelPromotionManagement ' +
    'PersonnelTerminationManagement PersonnelWorkloadManagement',
  PersonnelMonitoring:
    'PersonnelBehaviourMonitoring PersonnelPerformanceManagement ' +
    'PersonnelPerformanceMonitoring',
  PersonnelPerformanceManagement:
    'PersonnelPerformanceEvaluation PersonnelPerformanceMonitoring ' +
    'PersonnelPerformancePrediction',
  ProvidePersonalisedRecommendations: 'ProvideEventRecommendations ProvideProductRecommendations',
  PublicBenefit:
    'CombatClimateChange Counterterrorism DataAltruism ImproveHealthcare ' +
    'ImprovePublicServices ImproveTransportMobility ProtectionOfNationalSecurity ' +
    'ProtectionOfPublicSecurity ProvideOfficialStatistics PublicPolicyMaking',
  RecruitmentAdvertising: 'RecruitmentTargetedAdvertising',
  RecruitmentApplicationManagement:
    'RecruitmentApplicationAnalysis RecruitmentApplicationScreening',
  RecruitmentInterviewManagement:
    'RecruitmentInterviewAnalysis RecruitmentInterviewAssessment ' +
    'RecruitmentInterviewScheduling',
  RecruitmentManagement:
    'RecruitmentApplicantBackgroundCheck RecruitmentApplicantCriminalBackgroundCheck ' +
    'RecruitmentApplicantInformationAuthentication RecruitmentApplicantSelection ' +
    'RecruitmentApplicationManagement RecruitmentInterviewManagement',
  RequestedServiceProvision: 'DeliveryOfGoods',
  ResearchAndDevelopment:
    'AcademicResearch CommercialResearch NonCommercialResearch ScientificResearch',
  SellProducts: 'SellDataToThirdParties SellInsightsFromData SellProductsToDataSubject',
  ServiceOptimisation: 'OptimisationForConsumer OptimisationForController',
  ServicePersonalisation:
    'PersonalisedBenefits ProvidePersonalisedRecommendations UserInterfacePersonalisation',
  ServiceProvision:
    'PaymentManagement RepairImpairments RequestedServiceProvision SearchFunctionalities ' +
    'SellProducts ServiceOptimisation ServicePersonalisation ServiceRegistration ' +
    'ServiceUsageAnalytics TechnicalServiceProvision',
  TargetedAdvertising: 'RecruitmentTargetedAdvertising',
  VendorManagement: 'VendorPayment VendorRecordsManagement VendorSelectionAssessment',
  Verification: 'AgeVerification IdentityVerification',
}

/** Those that are part of none, and have no parts. */
const ALONE = 'AccountManagement EstablishContractualAgreement RecordManagement RightsFulfilment'

const dpv = (words: string) => words.split(' ').map((word) => `dpv:${word}`)

const parents = new Map<string, string[]>(dpv(ALONE).map((word) => [word, []]))
for (const [whole, parts] of Object.entries(PARTS)) {
  const word = `dpv:${whole}`
  parents.set(word, parents.get(word) ?? [])
  for (const part of dpv(parts)) parents.set(part, [...(parents.get(part) ?? []), word])
}

export const PURPOSES: Hierarchy = { parents, has: (word) => word.startsWith('dpv:') }

/** A purpose as it is compared. One without a prefix is of no vocabulary that is known. */
export const purposeOf = (given: string) => wordOf(given)
