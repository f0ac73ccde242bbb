import type { SessionMessages } from './en';

export const fr: SessionMessages = {
  signIn: 'Se connecter',
  signInTitle: 'Bon retour',
  signInText: 'Connectez-vous à votre espace de travail.',
  email: 'E-mail',
  password: 'Mot de passe',
  passwordAgain: 'Répétez le mot de passe',
  passwordHint: 'Au moins 8 caractères. Quelques mots au hasard conviennent.',
  passwordMismatch: 'Les deux mots de passe diffèrent.',
  setupTitle: 'Installer Telaio',
  setupText: 'Créez le compte propriétaire. Il peut tout faire : choisissez un bon mot de passe.',
  setupDoneTitle: 'Rien à installer ici',
  setupDoneText: 'Ce lien a servi ou a expiré, et l’installation a déjà son propriétaire.',
  setupBadTitle: 'Ce lien ne fonctionne pas',
  setupBadText:
    'Il est mal recopié, a déjà servi ou a plus d’un jour. Le serveur en affiche un nouveau à chaque démarrage sans propriétaire.',
  sample: 'Ajouter un espace d’exemple',
  sampleHint: 'Une petite boutique inventée avec des tables liées et 5 000 lignes pour essayer.',
  create: 'Créer le compte',
};
