package celcoin

// Product is what stands before the entity in the paths of the calls.
type Product string

// The known products.
const (
	// ProductPix is the product of every documented example; the zero value
	// means it.
	ProductPix Product = "PIX"
	// ProductBaaS stands for the paths under /baas/v2, which have no product
	// segment. They are seen in clients and in other pages of Celcoin, where
	// the three calls have the same shape.
	ProductBaaS Product = "BAAS"
	// ProductBaaSV1 stands for the older paths of the same events, under
	// /baas-webhookmanager/v1, which Celcoin still documents:
	// https://developers.celcoin.com.br/docs/reenvio-de-webhook
	ProductBaaSV1 Product = "BAAS-V1"
)

// Entity is the name of an event, exact and in lower case. The set is open: any
// name is sent as it is.
//
// https://developers.celcoin.com.br/docs/gerenciamento-de-webhook
type Entity string

// Events of Pix. The first two pairs exist for [ProductBaaS] too.
const (
	EntityPixPaymentIn                          Entity = "pix-payment-in"
	EntityPixPaymentOut                         Entity = "pix-payment-out"
	EntityPixReversalIn                         Entity = "pix-reversal-in"
	EntityPixReversalOut                        Entity = "pix-reversal-out"
	EntityPixDictClaim                          Entity = "pix-dict-claim"
	EntityPixInfraction                         Entity = "pix-infraction"
	EntityPixMEDRefund                          Entity = "pix-med-refund"
	EntityPixAutomaticPaymentInstructionExpired Entity = "pix-automatic-payment-instruction-expired"
)

// Events of [ProductBaaS]: customers and accounts.
const (
	EntityOnboardingCreate          Entity = "onboarding-create"
	EntityOnboardingProposal        Entity = "onboarding-proposal"
	EntityOnboardingFile            Entity = "onboarding-file"
	EntityOnboardingDocumentsCopy   Entity = "onboarding-documentscopy"
	EntityOnboardingBackgroundCheck Entity = "onboarding-backgroundcheck"
	EntityKYC                       Entity = "kyc"
	EntityAccountStatus             Entity = "account-status"
	EntityAccountMigration          Entity = "account-migration"
	EntityAccountCreated            Entity = "account-created"
	EntityLimit                     Entity = "limit"
)

// Events of [ProductBaaS]: transfers and Pix keys.
const (
	EntityInternalTransferIn     Entity = "internal-transfer-in"
	EntityInternalTransferOut    Entity = "internal-transfer-out"
	EntityPixDictClaimOpen       Entity = "pix-dict-claim-open"
	EntityPixDictClaimWaiting    Entity = "pix-dict-claim-waiting"
	EntityPixDictClaimConfirmed  Entity = "pix-dict-claim-confirmed"
	EntityPixDictClaimCancelled  Entity = "pix-dict-claim-cancelled"
	EntityPixDictClaimCompleted  Entity = "pix-dict-claim-completed"
	EntityPixMEDBalanceBlocked   Entity = "pix-med-balance-blocked"
	EntityPixMEDBalanceUnblocked Entity = "pix-med-balance-unblocked"
	EntitySPBTransferIn          Entity = "spb-transfer-in"
	EntitySPBTransferOut         Entity = "spb-transfer-out"
	EntitySPBReversalIn          Entity = "spb-reversal-in"
	EntitySPBReversalOut         Entity = "spb-reversal-out"
)

// Events of [ProductBaaS]: charges, bills, courts and cards.
const (
	EntityChargeCreate          Entity = "charge-create"
	EntityChargeIn              Entity = "charge-in"
	EntityChargeCanceled        Entity = "charge-canceled"
	EntityBillPayment           Entity = "billpayment"
	EntityBillPaymentOccurrence Entity = "billpayment-occurrence"
	EntityTopUp                 Entity = "topup"
	EntityVehicleDebts          Entity = "vehicledebts"
	EntityVehicleDebtsConsult   Entity = "vehicledebts-consult"
	EntityVehicleDebtsReceipt   Entity = "vehicledebts-receipt"
	EntityJudicialMovementIn    Entity = "judicial-movement-in"
	EntityJudicialMovementOut   Entity = "judicial-movement-out"
	EntitySLCPaymentIn          Entity = "slc-payment-in"
	EntityTransactionApproved   Entity = "transaction-approved"
	EntityTransactionRefusal    Entity = "transaction-refusal"
)

// PixEntities returns the documented events of [ProductPix].
func PixEntities() []Entity {
	return []Entity{
		EntityPixPaymentIn, EntityPixPaymentOut, EntityPixReversalIn, EntityPixReversalOut,
		EntityPixDictClaim, EntityPixInfraction, EntityPixMEDRefund,
		EntityPixAutomaticPaymentInstructionExpired,
	}
}

// BaaSEntities returns the known events of [ProductBaaS], those that it shares
// with Pix included. Some are documented, others only seen in clients.
func BaaSEntities() []Entity {
	return []Entity{
		EntityOnboardingCreate, EntityOnboardingProposal, EntityOnboardingFile, EntityOnboardingDocumentsCopy,
		EntityOnboardingBackgroundCheck, EntityKYC, EntityAccountStatus, EntityAccountMigration, EntityAccountCreated,
		EntityLimit,
		EntityInternalTransferIn, EntityInternalTransferOut,
		EntityPixPaymentIn, EntityPixPaymentOut, EntityPixReversalIn, EntityPixReversalOut,
		EntityPixDictClaimOpen, EntityPixDictClaimWaiting, EntityPixDictClaimConfirmed, EntityPixDictClaimCancelled,
		EntityPixDictClaimCompleted, EntityPixMEDBalanceBlocked, EntityPixMEDBalanceUnblocked,
		EntitySPBTransferIn, EntitySPBTransferOut, EntitySPBReversalIn, EntitySPBReversalOut,
		EntityChargeCreate, EntityChargeIn, EntityChargeCanceled, EntityBillPayment, EntityBillPaymentOccurrence,
		EntityTopUp, EntityVehicleDebts, EntityVehicleDebtsConsult, EntityVehicleDebtsReceipt,
		EntityJudicialMovementIn, EntityJudicialMovementOut, EntitySLCPaymentIn,
		EntityTransactionApproved, EntityTransactionRefusal,
	}
}
